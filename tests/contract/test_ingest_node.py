"""Unmodified SDKs for Node, against the real server: @segment/analytics-node and posthog-node, as npm installs them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from data_access import schema
from tests.contract.test_ingest_sdks import Server, server

__all__ = ["server"]
PACKAGES = {"@segment/analytics-node": "2", "posthog-node": "5"}
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "vigie-tests" / "node"
SCRIPT = """
import { createRequire } from "module";
import { readFileSync } from "fs";
const require = createRequire(process.env.SDKS + "/package.json");
const { Analytics } = require("@segment/analytics-node");
const { PostHog } = require("posthog-node");
const [host, key] = process.argv.slice(2);
const version = (name) => JSON.parse(readFileSync(`${process.env.SDKS}/node_modules/${name}/package.json`)).version;
const errors = [];
const segment = new Analytics({ writeKey: key, host, flushAt: 3 });
segment.on("error", (error) => errors.push(String(error.reason || error)));
segment.identify({ userId: "n1", traits: { plan: "pro" } });
segment.track({ userId: "n1", event: "Signed Up", properties: { revenue: 9.5, currency: "EUR" } });
segment.page({ userId: "n1", name: "Home", properties: { url: "https://x.test/home" } });
await segment.closeAndFlush({ timeout: 10000 });
const posthog = new PostHog(key, { host, flushAt: 1 });
posthog.on("error", (error) => errors.push(String(error)));
posthog.identify({ distinctId: "n2", properties: { plan: "team" } });
posthog.capture({ distinctId: "n2", event: "Booked", properties: { amount: 5 } });
await posthog.shutdown(10000);
console.log(JSON.stringify({ errors, versions: Object.fromEntries(%s.map((name) => [name, version(name)])) }));
"""


@pytest.fixture(scope="module")
def sdks() -> Path:
    """The folder with the packages; installed once and kept beside pip's cache."""
    if not (shutil.which("npm") and shutil.which("node")):
        pytest.skip("SDKs for Node are NOT tested here: needs node and npm (.ci/run installs them)")
    if all((CACHE / "node_modules" / name / "package.json").is_file() for name in PACKAGES):
        return CACHE
    CACHE.mkdir(parents=True, exist_ok=True)
    wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
    command = ["npm", "install", "--prefix", str(CACHE), "--no-audit", "--no-fund", "--ignore-scripts", *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    if done.returncode:
        pytest.skip(f"SDKs for Node are NOT tested here: npm cannot install them: {done.stderr[-300:]}")
    return CACHE


def test_segment_and_posthog_for_node(server: Server, sdks: Path, tmp_path: Path):
    script = tmp_path / "send.mjs"
    script.write_text(SCRIPT % json.dumps(list(PACKAGES)))
    env = {**os.environ, "SDKS": str(sdks)}
    done = subprocess.run(["node", str(script), server.url, server.key], capture_output=True, text=True, check=False, timeout=60, env=env)
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout.splitlines()[-1])
    print("ran unmodified:", ", ".join(f"{name} {version}" for name, version in said["versions"].items()))
    assert said["errors"] == []
    events = server.rows(schema.events, 3)
    assert sorted(events["name"]) == ["Booked", "Signed Up", "page_view"]
    assert events["value_minor"].dropna().tolist() == [950]
    users = server.rows(schema.users, 2)
    assert sorted(users[["external_id", "plan"]].to_numpy().tolist()) == [["n1", "pro"], ["n2", "team"]]
