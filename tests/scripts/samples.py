"""A roster and an achievement as an institution has them, and the command that issues them."""

ROSTER = (
    "name,email,student_id,awarded_on,result\n"
    "Aroha Ngāwaka,aroha@example.org,1001,2026-11-06,Achieved\n"
    "陳曉明,chen@example.org,1002,2026-11-06,Merit\n"
    '"O\'Hagan-Reyes, Siobhán",siobhan@example.org,1003,2026-11-06,Achieved\n'
    "ليلى الحسيني,,1004,,Not yet achieved\n"
    "Sukarno,,1005,,\n"
)
ACHIEVEMENT = {
    "id": "https://credentials.example.org/achievements/assessment-for-learning",
    "type": "Achievement",
    "achievementType": "MicroCredential",
    "name": "Assessment for Learning in University Teaching",
    "description": "Design, run and evaluate assessment that helps university students learn.",
    "creditsAvailable": 15,
    "criteria": {"narrative": "A research essay, a reflection and a feedback conversation."},
    "creator": {"id": "did:web:example.org", "type": "Profile", "name": "Example Institute"},
    "resultDescription": {
        "id": "urn:uuid:8a4f6f1e-51c8-4a0f-8a4a-0a7b7f6d2c01",
        "name": "Portfolio of evidence",
        "resultType": "RubricCriterionLevel",
        "requiredLevel": "urn:uuid:8a4f6f1e-51c8-4a0f-8a4a-0a7b7f6d2c03",
        "rubricCriterionLevel": [
            {"id": "urn:uuid:8a4f6f1e-51c8-4a0f-8a4a-0a7b7f6d2c02", "name": "Not yet achieved"},
            {"id": "urn:uuid:8a4f6f1e-51c8-4a0f-8a4a-0a7b7f6d2c03", "name": "Achieved"},
            {"id": "urn:uuid:8a4f6f1e-51c8-4a0f-8a4a-0a7b7f6d2c04", "name": "Merit"},
        ],
    },
}
ISSUE = ("issue", "--roster", "people.csv", "--achievement", "achievement.json")
