import pytest

from issuer.inputs.cells import CellError
from issuer.inputs.rubric import RubricError, choose_level, read_levels
from tests.issuer.inputs import ACHIEVEMENT, LEVELS, change

OTHER = {
    "id": "urn:example:talk",
    "type": ["ResultDescription"],
    "name": "Talk",
    "resultType": "RubricCriterionLevel",
    "rubricCriterionLevel": [
        {"id": "urn:example:talk-merit", "type": ["RubricCriterionLevel"], "name": "Merit"},
        {
            "id": "urn:example:talk-ma\u0304ori",
            "type": ["RubricCriterionLevel"],
            "name": "Ma\u0304ia",
        },
    ],
}


def levels(*more):
    return read_levels(
        change(ACHIEVEMENT, resultDescription=[*ACHIEVEMENT["resultDescription"], *more])
    )


def test_levels_below_the_required_one_earn_no_credit():
    assert [(level.name, level.earns_credit) for level in levels()] == [
        ("Not yet achieved", False),
        ("Achieved", True),
        ("Merit", True),
    ]


def test_without_a_required_level_every_one_earns_credit():
    assert [level.earns_credit for level in levels(OTHER)[3:]] == [True, True]


def test_a_level_is_found_by_name_or_id():
    assert choose_level(levels(), "Merit") == choose_level(levels(), "urn:example:merit")


def test_a_level_knows_its_result_description():
    assert choose_level(levels(OTHER), "urn:example:talk-merit").result_description == OTHER["id"]


def test_names_are_compared_in_nfc():
    assert choose_level(levels(OTHER), "M\u0101ia").name == "Ma\u0304ia"


def test_a_name_of_two_levels_is_refused_with_their_ids():
    with pytest.raises(CellError) as caught:
        choose_level(levels(OTHER), "Merit")
    assert "urn:example:merit" in caught.value.remedy
    assert "urn:example:talk-merit" in caught.value.remedy


@pytest.mark.parametrize(
    ("raw", "hint"), [("Merrit", "did you mean “Merit”"), ("A+", "“Achieved”")]
)
def test_an_unknown_level_is_refused_with_what_was_meant(raw, hint):
    with pytest.raises(CellError) as caught:
        choose_level(levels(), raw)
    assert hint in caught.value.remedy


def test_without_rubric_no_result_can_be_given():
    with pytest.raises(CellError, match="no rubric"):
        choose_level(read_levels(change(ACHIEVEMENT, resultDescription=None)), "Merit")


def test_a_required_level_is_one_of_its_rubric():
    description = {**OTHER, "requiredLevel": LEVELS[1]["id"]}
    with pytest.raises(RubricError) as caught:
        levels(description)
    assert caught.value.member == "resultDescription[1].requiredLevel"
