"""What is done to requests that were made up from the API's description, before they are sent.

Made-up ids find nothing and made-up numbers are nobody's, so most answers would be 404, and a repeated
Idempotency-Key would be refused. Two of three requests that fit the description are given an id that
there is. A request that is wrong on purpose keeps its faults.
"""

import itertools
import json
import os
import urllib.request
import zlib
from datetime import datetime, timedelta, timezone

import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode

PEOPLE = ["+12125550150", "+12125550151", "(212) 555-0152", "+447700900123"]
OURS = ["+14155550101", "+14155550102", "+14155550103"]
# The example of the header. It names a version that things do not have for long.
EXAMPLE_VERSION = '"v3"'

schemathesis.openapi.format("phone", st.sampled_from(PEOPLE + OURS))
schemathesis.openapi.format("ip", st.sampled_from(["203.0.113.7", "2001:db8::7"]))


def listed(path):
    key, url = os.environ["DUPLEX_KEY"], os.environ["DUPLEX_URL"]
    headers = {"Authorization": f"Bearer {key}", "Duplex-Tenant": "demo"}
    request = urllib.request.Request(url + path, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["items"]


def ids(path):
    return [item["id"] for item in listed(path)]


CONVERSATIONS = ids("/v1/conversations")
MESSAGES = [it for of in CONVERSATIONS for it in ids(f"/v1/conversations/{of}/messages")]
TEMPLATES = [it["name"] for it in listed("/v1/integrations/templates")]

# What there is, by the name of the parameter or of the field that asks for it.
KNOWN = {
    "conversation": CONVERSATIONS,
    "event": ids("/v1/events?integration=demo-texting"),
    "from": OURS,
    "id": [f"message:{it}" for it in MESSAGES],
    "ids": [[f"message:{it}" for it in MESSAGES]],
    "integration": ids("/v1/integrations"),
    "key": ids("/v1/keys"),
    "message": MESSAGES,
    "name": TEMPLATES,
    "number": OURS,
    "tenant": ["demo"],
    "to": PEOPLE,
}
# Settings have a schema of their own, which is not in the description.
SETTINGS = {
    "POST /v1/integrations": {
        "template": "texting",
        "settings": {"api_key": "texting-demo-key", "webhook_secret": "texting-demo-secret"},
    },
    "POST /v1/integrations/{integration}/credentials/rotate": {
        "settings": {"api_key": "texting-demo-key"},
    },
}
count = itertools.count(1)


def known(values, names):
    """Puts what there is in the place of two of three made-up values."""
    for name in names & values.keys():
        chosen = zlib.crc32(json.dumps(values[name], default=str).encode())
        if chosen % 3 and KNOWN[name]:
            values[name] = KNOWN[name][chosen // 3 % len(KNOWN[name])]


def plan(body):
    """Times that were made up have passed. A text is planned for one that has not."""
    ahead = datetime.now(timezone.utc) + timedelta(hours=1)
    for name, hours in {"expires_at": 1, "send_at": 1, "send_by": 2}.items():
        if isinstance(body.get(name), str):
            body[name] = (ahead + timedelta(hours=hours)).isoformat()


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = case.headers
    key = headers.get("Idempotency-Key")
    if isinstance(key, str) and 0 < len(key) < 200 and key.isascii() and key.isprintable():
        headers["Idempotency-Key"] = key if " " in key else f"{key}-{next(count)}"
    if headers.get("If-Match") == EXAMPLE_VERSION:
        del headers["If-Match"]
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    known(case.path_parameters, KNOWN.keys())
    known(case.query, {"conversation", "integration"})
    if isinstance(case.body, dict):
        # A new thing's id and name are its own.
        known(case.body, KNOWN.keys() - {"id", "name"})
        plan(case.body)
        if case.operation.label in SETTINGS:
            case.body.update(SETTINGS[case.operation.label])
