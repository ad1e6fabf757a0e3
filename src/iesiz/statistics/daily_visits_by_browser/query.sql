-- One row: visits to a site with a browser.
with contributions as (
    select site, visitor, any_value(network) as network, browser, count(*) as visits
    from visits
    group by site, visitor, browser
),

classed as (
    select
        site,
        visitor,
        network,
        visits,
        case
            when browser in ('Chrome', 'Safari', 'Samsung Internet', 'Yandex', 'Firefox', 'Edge') then browser::varchar
            when browser in ('Opera', 'Opera Mini') then 'Opera'
            when browser in (
                'Android WebView', 'Safari WebView', 'Google app', 'Instagram', 'Facebook', 'TikTok', 'Snapchat',
                'Pinterest', 'Twitter', 'WhatsApp', 'Telegram', 'VKontakte', 'WeChat', 'Viber'
            ) then 'in_app'
            else 'other'
        end as browser
    from contributions
)

select
    site,
    browser,
    count(distinct visitor) as visitor_count,
    count(distinct network) as network_count,
    sum(visits)::bigint as visit_count
from classed
group by site, browser
