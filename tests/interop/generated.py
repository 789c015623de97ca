"""Credentials made up from a seed: every kind of member that ours may have, and hostile text."""

import json
import random
import uuid
from collections.abc import Callable

from protocol.credentials.contexts import CREDENTIAL_CONTEXTS
from protocol.credentials.strict_json import find_text_problem
from tests.protocol.credentials import VECTORS

ORDINARY = (
    "Aroha Ngāwaka", "陳曉明", "Siobhán O'Hagan-Reyes", "ليلى الحسيني", "Sukarno", "Søren Ærø",
    "Assessment for Learning", "Level 4", "Bewertung und Rückmeldung", "教育評価", "Тест",
)  # fmt: skip
HOSTILE = (
    'He said "no"', "back\\slash", "\\u0041", "a\tb", "two\nlines", "return\r\nand line", "\\n",
    "_:b0", "<https://example.org/>", '"@en .', "^^<x>", "e\u0301", "\u00e9", "\u202egnitirw",
    "\u2028separated\u2029", "\u200bzero", "\ufeffmark", "\U0001f600 \U0001f469\u200d\U0001f393",
    "<script>alert(1)</script>", "{{7*7}}", "'; DROP TABLE x", "%00", "  spaces  ", "\u00a0",
    "\ufffd", "\ue000private", "\U0010fffd", "A\u030a", "\u1e9b\u0323", "null", "true", "1e5",
    "https://example.org/a#b", "did:web:example.org", "urn:uuid:x", "@id", "\\", '"', "\\\\\"",
)  # fmt: skip
NAUGHTY = tuple(
    each
    for each in json.loads((VECTORS / "naughty_strings" / "blns.json").read_bytes())
    if find_text_problem(each) is None
)
"""Without those with control characters, which the guard refuses wherever they stand."""
RANGES = (
    (0x20, 0x7E), (0xA0, 0x24F), (0x370, 0x5FF), (0x900, 0xDFF), (0x2000, 0x2BFF),
    (0x3040, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFFFD), (0x10000, 0x1FBFF), (0x20000, 0x2FA1D),
)  # fmt: skip
UPPER_BASIC, BEYOND = (0xE000, 0xFFFF), (0x10000, 0x10FFFF)
"""What sorts otherwise where texts are UTF-16: most documents have letters of one kind only."""
LANGUAGES = ("en", "en-NZ", "mi", "zh-Hant", "de-CH-1996", "ar")
DECIMALS = (0, 1, 2.5, 15, 0.1, 0.25, 3.14159, 120, 7.125, 99.99, 1000000, -1, -0.5, 12345.678)


class Maker:
    """Draws a credential; the same seed draws the same one."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.hostile = self.dice.random() < 0.7
        self.avoided = self.dice.choices((UPPER_BASIC, BEYOND, None), (45, 45, 10))[0]

    def draw(self) -> dict:
        document = {
            "@context": list(CREDENTIAL_CONTEXTS),
            "id": self.identify(),
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "name": self.say(),
            "issuer": self.describe_issuer(),
            "validFrom": self.date(),
            "credentialSubject": self.describe_subject(),
        }
        return document | self.some(
            description=self.say,
            awardedDate=self.date,
            validUntil=lambda: f"2031-{self.number(1, 12):02}-01T00:00:00+13:00",
            inLanguage=self.language,
            image=self.image,
            evidence=lambda: self.several(self.evidence),
            credentialStatus=self.status,
        )

    def describe_issuer(self) -> dict:
        return {"id": "did:web:example.org", "type": ["Profile"]} | self.some(
            name=self.say,
            description=self.say,
            url=self.address,
            email=lambda: "office@example.org",
            image=self.image,
        )

    def describe_subject(self) -> dict:
        subject = {
            "type": ["AchievementSubject"],
            "identifier": self.several(self.identity),
            "achievement": self.achievement(),
        }
        return subject | self.some(
            id=self.identify,
            activityStartDate=self.date,
            creditsEarned=self.decimal,
            licenseNumber=self.say,
            narrative=self.say,
            role=self.say,
            term=self.say,
            result=lambda: self.several(self.result),
        )

    def identity(self) -> dict:
        identity = {"type": "IdentityObject", "hashed": self.dice.random() < 0.5}
        identity |= {"identityHash": self.say(), "identityType": self.pick("name", "emailAddress")}
        return identity | self.some(salt=self.say)

    def achievement(self) -> dict:
        achievement = {
            "id": self.identify(),
            "type": ["Achievement"],
            "name": self.say(),
            "description": self.say(),
            "criteria": self.some(id=self.address) | {"narrative": self.say()},
        }
        return achievement | self.some(
            achievementType=lambda: self.pick("MicroCredential", "Badge", "ext:Other"),
            alignment=lambda: self.several(self.alignment),
            creator=lambda: {"id": "did:web:example.org", "type": ["Profile"]},
            creditsAvailable=self.decimal,
            fieldOfStudy=self.say,
            humanCode=self.say,
            image=self.image,
            inLanguage=self.language,
            otherIdentifier=lambda: self.several(self.other_identifier),
            related=lambda: self.several(self.related),
            resultDescription=lambda: self.several(self.result_description),
            specialization=self.say,
            tag=lambda: self.several(self.say),
            version=self.say,
        )

    def alignment(self) -> dict:
        alignment = {"type": ["Alignment"], "targetName": self.say(), "targetUrl": self.address()}
        return alignment | self.some(
            targetCode=self.say, targetDescription=self.say, targetFramework=self.say
        )

    def result_description(self) -> dict:
        described = {"id": self.identify(), "type": ["ResultDescription"], "name": self.say()}
        return described | {
            "resultType": self.pick("Status", "LetterGrade", "RubricCriterionLevel"),
            **self.some(
                allowedValue=lambda: self.several(self.say),
                rubricCriterionLevel=lambda: self.several(self.level),
                valueMax=lambda: "100",
            ),
        }

    def level(self) -> dict:
        level = {"id": self.identify(), "type": ["RubricCriterionLevel"], "name": self.say()}
        return level | self.some(description=self.say, points=lambda: "3", level=self.say)

    def result(self) -> dict:
        return {"type": ["Result"]} | self.some(
            value=self.say, resultDescription=self.identify, achievedLevel=self.identify
        )

    def related(self) -> dict:
        related = {"id": self.identify(), "type": ["Related"]}
        return related | self.some(inLanguage=self.language, version=self.say)

    def other_identifier(self) -> dict:
        kind = self.pick("sourcedId", "identifier")
        return {"type": "IdentifierEntry", "identifier": self.say(), "identifierType": kind}

    def evidence(self) -> dict:
        return {"type": ["Evidence"]} | self.some(
            id=self.address,
            name=self.say,
            narrative=self.say,
            description=self.say,
            genre=self.say,
            audience=self.say,
        )

    def image(self) -> dict:
        return {"id": self.address(), "type": "Image"} | self.some(caption=self.say)

    def status(self) -> dict:
        at, index = "https://example.org/status/example.org/7/revocation", self.number(0, 131_071)
        return {
            "id": f"{at}#{index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(index),
            "statusListCredential": at,
        }

    def some(self, **members: Callable[[], object]) -> dict:
        return {name: make() for name, make in members.items() if self.dice.random() < 0.5}

    def several(self, make: Callable[[], object]) -> list:
        return [make() for _ in range(self.number(1, 4))]

    def pick(self, *choices: str) -> str:
        return self.dice.choice(choices)

    def number(self, least: int, most: int) -> int:
        return self.dice.randint(least, most)

    def decimal(self) -> float:
        return self.dice.choice(DECIMALS)

    def language(self) -> str:
        return self.dice.choice(LANGUAGES)

    def identify(self) -> str:
        return f"urn:uuid:{uuid.UUID(int=self.dice.getrandbits(128), version=4)}"

    def address(self) -> str:
        path = self.pick("a", "ä/ö", "教育", "a?b=c&d=%20e", "x#y", "(brackets)", "~tilde'quote")
        return f"https://example.org/{self.number(0, 999)}/{path}"

    def date(self) -> str:
        end = self.pick("Z", "+13:00", "-03:30", ".5Z", ".123456Z")
        return (
            f"20{self.number(10, 25)}-{self.number(1, 12):02}-{self.number(1, 28):02}T10:11:12{end}"
        )

    def say(self) -> str:
        if not self.hostile:
            return f"{self.dice.choice(ORDINARY)} {self.number(1, 99)}"
        least, most = self.avoided or (0, 0)
        return (
            "".join(each for each in self.say_anything() if not least <= ord(each) <= most) or "-"
        )

    def say_anything(self) -> str:
        kind = self.dice.random()
        if kind < 0.4:
            return self.dice.choice(HOSTILE) + self.dice.choice(("", " ", *ORDINARY))
        if kind < 0.7:
            return self.dice.choice(NAUGHTY) or "empty"
        return "".join(self.letter() for _ in range(self.number(1, 30)))

    def letter(self) -> str:
        least, most = self.dice.choice(RANGES)
        return chr(self.number(least, most))
