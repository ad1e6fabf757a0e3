"""What a release of microdata must fulfil, and whether what is staged does.

Opened by ``microdata_work`` alone. In: a dataset, the settings' rules, a cohort; the staged file. Out: rules.
It must not use the code that made the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from iesiz.datasets import Dataset
from iesiz.errors import HeldBack
from iesiz.microdata.models import Closeness, DailyContributors, DistinctDiversity, KAnonymity, Requirement
from iesiz.microdata.study import Study
from iesiz.microdata_cuts import ANSWERS
from iesiz.publish import discard_staged, read_staged_records
from iesiz.restricted import CAME
from iesiz.rule_settings import MicrodataRules
from iesiz.settings import Settings

NOT_GIVEN = "not_given"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a release must fulfil.

    Attributes:
        requirement: models, and the share that may be left out.
        k: people or visitors in each class.
        sensitive: name of the attribute that the models look at; None without one.
    """

    requirement: Requirement
    k: int
    sensitive: str | None


def rules_of(dataset: Dataset, asked: MicrodataRules, study: Study | None) -> Rules:
    """The rules of a release: distinct visitors for visits; k, l and t for people.

    Where nobody's sensitive fields were delivered there is nothing for l and t to look at.
    """
    if dataset.source == "access_log":
        model = DailyContributors(asked.visits_k)
        return Rules(Requirement((model,), asked.visits_suppression), asked.visits_k, CAME)
    k = KAnonymity(asked.k)
    nothing = {"|".join([NOT_GIVEN] * len(dataset.sensitive))}
    if study is None or set(study.data.sensitive_values) == nothing:
        return Rules(Requirement((k,), asked.suppression), asked.k, ANSWERS)
    models = (k, DistinctDiversity(asked.l), Closeness(asked.t, "equal"))
    return Rules(Requirement(models, asked.suppression), asked.k, ANSWERS)


def refuse_unsafe(settings: Settings, dataset: Dataset, rules: Rules, study: Study) -> None:
    """Look at the staged file as a reader would, without the code that made it.

    Raises:
        PrivacyRefusal: it shows another column, or a class with too few records or sensitive values, or one
            too far from the whole; the staged file is gone.
    """
    table = read_staged_records(settings, dataset)
    quasi = [one.name for one in dataset.quasi]
    wrong = table.column_names != [*quasi, *dataset.sensitive]
    if not wrong:
        classes = table.group_by(quasi).aggregate([([], "count_all")])
        wrong = pc.min(classes["count_all"]).as_py() < rules.k
        wrong = wrong or not _is_diverse(table, quasi, dataset.sensitive, rules, study)
    if wrong:
        discard_staged(settings)
        raise HeldBack(
            f"{dataset.label}: what would have been released does not fulfil its rules. Nothing is released. "
            "Report it.",
            1,
        )


def _is_diverse(
    table: pa.Table, quasi: Sequence[str], sensitive: Sequence[str], rules: Rules, study: Study
) -> bool:
    models = rules.requirement.models
    least = next((one.l for one in models if isinstance(one, DistinctDiversity)), None)
    most = next((one.t for one in models if isinstance(one, Closeness)), None)
    if least is None or most is None:
        return True
    whole = dict(zip(study.data.sensitive_values, study.data.sensitive_counts.tolist(), strict=True))
    classes: dict[tuple[str, ...], dict[str, int]] = {}
    counted = table.group_by([*quasi, *sensitive]).aggregate([([], "count_all")])
    for row in counted.to_pylist():
        answer = "|".join(row[name] for name in sensitive)
        classes.setdefault(tuple(row[name] for name in quasi), {})[answer] = row["count_all"]
    return all(
        len(one) >= least and _distance(one, whole) <= most + 1e-9  # sums in another order
        for one in classes.values()
    )


def _distance(one: Mapping[str, int], whole: Mapping[str, int]) -> float:
    """Half the sum of |p - q| over all values."""
    ours, all_of_them = sum(one.values()), sum(whole.values())
    return sum(abs(one.get(value, 0) / ours - count / all_of_them) for value, count in whole.items()) / 2
