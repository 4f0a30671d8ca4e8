"""What Databricks bundles, EMR steps and EMR Serverless jobs look like, as far as they are used."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

TASK = {
    "type": "object",
    "required": ["task_key", "python_wheel_task", "max_retries", "timeout_seconds"],
    "properties": {
        "python_wheel_task": {
            "type": "object",
            "required": ["package_name", "entry_point", "parameters"],
            "properties": {
                "package_name": {"const": "sparkguard"},
                "entry_point": {"const": "sparkguard"},
                "parameters": {"type": "array", "items": {"type": "string"}},
            },
            "additionalProperties": False,
        }
    },
}
BUNDLE = {
    "type": "object",
    "required": ["bundle", "resources", "targets"],
    "properties": {
        "bundle": {"type": "object", "required": ["name"]},
        "resources": {
            "properties": {
                "jobs": {
                    "minProperties": 2,
                    "additionalProperties": {
                        "required": ["name", "schedule", "max_concurrent_runs", "tasks"],
                        "properties": {"tasks": {"type": "array", "items": TASK, "minItems": 1}},
                    },
                }
            }
        },
    },
}
STEP = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["Name", "ActionOnFailure", "HadoopJarStep"],
        "properties": {
            "Name": {"type": "string"},
            "ActionOnFailure": {"enum": ["CONTINUE", "CANCEL_AND_WAIT", "TERMINATE_CLUSTER"]},
            "HadoopJarStep": {
                "required": ["Jar", "Args"],
                "properties": {
                    "Jar": {"const": "command-runner.jar"},
                    "Args": {"type": "array", "items": {"type": "string"}},
                },
                "additionalProperties": False,
            },
        },
        "additionalProperties": False,
    },
}
SERVERLESS = {
    "type": "object",
    "required": ["applicationId", "clientToken", "executionRoleArn", "jobDriver"],
    "properties": {
        "jobDriver": {
            "required": ["sparkSubmit"],
            "properties": {
                "sparkSubmit": {
                    "required": ["entryPoint", "entryPointArguments", "sparkSubmitParameters"],
                    "additionalProperties": {"type": ["string", "array"]},
                }
            },
            "additionalProperties": False,
        }
    },
}


def holds_to(schema: dict[str, Any], content: Any) -> None:
    assert sorted(map(str, Draft202012Validator(schema).iter_errors(content))) == []
