-- One row: visits to a site with a browser.
with classed as (
    select
        site,
        visitor,
        network,
        case
            when browser in ('Chrome', 'Safari', 'Samsung Internet', 'Yandex', 'Firefox', 'Edge') then browser
            when browser in ('Opera', 'Opera Mini') then 'Opera'
            when browser in (
                'Android WebView', 'Safari WebView', 'Google app', 'Instagram', 'Facebook', 'TikTok', 'Snapchat',
                'Pinterest', 'Twitter', 'WhatsApp', 'Telegram', 'VKontakte', 'WeChat', 'Viber'
            ) then 'in_app'
            else 'other'
        end as browser
    from visits
)

select
    site,
    browser,
    count(distinct visitor) as visitor_count,
    count(distinct network) as network_count,
    count(*) as visit_count
from classed
group by site, browser
