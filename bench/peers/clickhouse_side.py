"""The other side of `bench.peers.clickhouse`: one statement per line of input (JSON text), one answer per line of output."""

import json
import sys

from chdb import session


def main() -> None:
    engine = session.Session(sys.argv[1])
    engine.query("CREATE DATABASE IF NOT EXISTS bench ENGINE = Atomic")
    engine.query("USE bench")
    for line in sys.stdin:
        try:
            text = str(engine.query(json.loads(line), "JSONCompact")).strip()
            said = {"rows": json.loads(text)["data"]} if text else {"rows": []}
        except Exception as error:  # whatever it says is for the reader of the table
            said = {"error": str(error)}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
