"""What AWX refuses, ignores and adds: its rules for surveys, launches, schedules and steps of workflows.

Written from AWX 24.6.1: ``JobTemplateSurveySpec._validate_spec_data`` (api/views), ``SurveyJobTemplateMixin``
(main/models/mixins.py) and ``JobTemplate._accept_or_ignore_job_kwargs`` (main/models/jobs.py). Templates are
what the modules of awx.awx are given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "textarea": (str,),
    "password": (str,),
    "multiplechoice": (str,),
    "multiselect": (list, str),
    "integer": (int,),
    "float": (float, int),
}
_WORDS = ("text", "textarea", "password")

Template = Mapping[str, Any]


def survey_refused(spec: Mapping[str, Any]) -> list[str]:
    """Why the controller does not take a survey. spec: what it is given; an empty one is no survey."""
    if not spec:
        return []
    found = [
        f"{name}: {spec.get(name)!r}"
        for name, kind in (("name", str), ("description", str), ("spec", list))
        if not isinstance(spec.get(name), kind)
    ]
    questions = spec.get("spec") or []
    if not questions:
        found.append("no question")
    names = [question.get("variable") for question in questions]
    found += [f"asked twice: {name}" for name in set(names) if names.count(name) > 1]
    return found + [problem for question in questions for problem in _question_refused(question)]


def _question_refused(question: Mapping[str, Any]) -> list[str]:
    where = question.get("variable")
    found = []
    for name, kind in (("type", str), ("question_name", str), ("variable", str), ("required", bool)):
        if not isinstance(question.get(name), kind):
            found.append(f"{where}: {name} is {question.get(name)!r}")
    kind = str(question.get("type"))
    if kind not in _TYPES:
        return [*found, f"{where}: no type {kind}"]
    default = question.get("default", "")
    if default != "" and not isinstance(default, _TYPES[kind]):
        found.append(f"{where}: the default {default!r} is no {kind}")
    found += [
        f"{where}: {limit} is {question[limit]!r}"
        for limit in ("min", "max")
        if not isinstance(question.get(limit), (int, type(None)))
    ]
    if kind in ("multiplechoice", "multiselect"):
        if not question.get("choices"):
            found.append(f"{where}: no choices")
        elif default != "" and default not in question["choices"]:
            found.append(f"{where}: the default is no choice")
    return found


def _answer_refused(question: Mapping[str, Any], answer: Any) -> str:
    name, kind = question["variable"], question["type"]
    if kind in _WORDS:
        if not isinstance(answer, str):
            return f"'{name}' is no text"
        if len(answer) < (question.get("min") or 0):
            return f"'{name}' is too short"
        return f"'{name}' is too long" if question.get("max") and len(answer) > question["max"] else ""
    if kind in ("integer", "float"):
        if isinstance(answer, bool) or not isinstance(answer, _TYPES[kind]):
            return f"'{name}' is no number"
        low, high = question.get("min"), question.get("max")
        return (
            f"'{name}' is out of range"
            if (low is not None and answer < low) or (high and answer > high)
            else ""
        )
    several = answer if kind == "multiselect" else [answer]
    return "" if set(several) <= set(question["choices"]) else f"'{name}' is none of the choices"


def _questions(template: Template) -> list[Mapping[str, Any]]:
    return list((template.get("survey_spec") or {}).get("spec", [])) if template.get("survey_enabled") else []


def launched(
    template: Template, answers: Mapping[str, Any] | None = None, saved: bool = False, **prompts: Any
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """A launch: the job's extra variables, what is ignored, why it is refused.

    answers: to the survey. saved: of a schedule or a step of a workflow; ignored is refused there.
    prompts: limit and so on. A default is no answer to a required question, and is an extra variable where
    the question was not answered.
    """
    answers = dict(answers or {})
    refused, ignored = [], {}
    variables = dict(template.get("extra_vars") or {})
    for question in _questions(template):
        name = question["variable"]
        if name in answers:
            problem = _answer_refused(question, answers[name])
        else:
            problem = f"'{name}' value missing" if question["required"] else ""
        if problem:
            refused.append(problem)
        default = question.get("default")
        if default is not None and not _answer_refused(question, default):
            variables[name] = default
    asked = {question["variable"] for question in _questions(template)}
    for name, value in answers.items():
        if name in asked or template.get("ask_variables_on_launch"):
            variables[name] = value
        else:
            ignored[name] = value
    ignored.update(
        {name: value for name, value in prompts.items() if not template.get(f"ask_{name}_on_launch")}
    )
    if saved:
        refused += [f"{name} is not allowed" for name in ignored]
    return variables, ignored, refused


def groups(template: Template) -> tuple[list[str], bool]:
    """Instance groups on which a job may run, and whether it may run on others when these are busy."""
    return list(template.get("instance_groups") or []), not template.get("prevent_instance_group_fallback")
