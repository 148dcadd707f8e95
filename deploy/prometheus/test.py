#!/usr/bin/env python3
"""Shows that every alert of amanah.rules.yml can fire and can be silent, and that every number in them
counts: a rule with another threshold or another patience fails this test. Needs promtool.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

RULES = pathlib.Path(__file__).with_name("amanah.rules.yml")
AT = {"instance": "a:5000", "job": "amanah"}


def gauge(name, **labels):
    """A series that stands at a value."""
    return lambda value: [(series(name, labels), f"{value}x60")]


def grows(name, minutes, **labels):
    """A counter that grows by the value in so many minutes."""
    return lambda value: [(series(name, labels), f"0+{value / minutes}x60")]


def series(name, labels):
    return name + json.dumps({**AT, **labels}).replace('": ', "=").replace(', "', ",").replace('{"', "{")


def ratio(part, whole):
    """`part` is so much of `whole`."""
    return lambda value: [(part, f"0+{value * 6000}x60"), (whole, f"0+{(1 - value) * 6000}x60")]


def slow(seconds):
    """The 99th percentile is so many seconds: buckets end there, and 1.5 % of all are in the last."""
    name = "amanah_queue_wait_seconds_bucket"
    # In the bucket from `below` to 2 s the percentile stands where its share of it does.
    share = 0.97 + 0.03 * (1 - 0.01 / 0.03)
    assert abs(share - 0.99) < 1e-9
    below = (seconds - 2 * 2 / 3) * 3
    return [
        (series(name, {"le": str(below)}), "0+970x60"),
        (series(name, {"le": "2"}), "0+1000x60"),
        (series(name, {"le": "+Inf"}), "0+1000x60"),
    ]


# What each alert looks at, as a function of the value that its threshold is compared with; the labels that
# it fires with; its threshold; its patience in minutes.
ALERTS = {
    "AmanahInvoicePaidTwice": (
        grows("amanah_alerts_total", 10, type="invoice_paid_twice"), {}, 0, 0),
    "AmanahPossibleDuplicate": (
        grows("amanah_alerts_total", 10, type="possible_duplicate"), {"type": "possible_duplicate"}, 0, 0),
    "AmanahBalanceBelowZero": (gauge("amanah_broken_facts", invariant="I1"), {}, 0, 0),
    "AmanahNumberAllocationFails": (
        grows("amanah_unique_violations_total", 10, of="number"), {}, 3, 0),
    "AmanahAmountPaidDiffers": (gauge("amanah_broken_facts", invariant="I3"), {}, 0, 0),
    "AmanahDiscrepancy": (gauge("amanah_broken_facts", invariant="I6"), {"invariant": "I6"}, 0, 0),
    "AmanahDown": (gauge("up"), AT, 0, 1),
    "AmanahDatabaseAway": (gauge("amanah_database_up"), AT, 1, 1),
    "AmanahQueueFills": (
        lambda value: [(series("amanah_queue_depth", {}), f"{value * 1000}x60"),
                       (series("amanah_queue_limit", {}), "1000x60")], AT, 0.5, 1),
    "AmanahSlow": (slow, {}, 1, 5),
    "AmanahErrors": (
        ratio(series("amanah_http_requests_total", {"class": "5xx"}),
              series("amanah_http_requests_total", {"class": "2xx"})), {}, 0.01, 5),
    "AmanahUntrueDecision": (grows("amanah_untrue_decisions_total", 10), {}, 0, 0),
    "AmanahUnknownCommit": (grows("amanah_rollbacks_total", 10, cause="unknown"), {}, 0, 0),
    "AmanahConflicts": (
        lambda value: [(series("amanah_conflicts_total", {}), f"0+{value * 6000}x60"),
                       (series("amanah_commands_total", {"outcome": "accepted"}), "0+6000x60")], {}, 0.05, 10),
    "AmanahDiskFills": (
        gauge("amanah_database_free_bytes", database="file"), {**AT, "database": "file"}, 2e9, 5),
    "AmanahServerDiskFills": (
        gauge("node_filesystem_avail_bytes", mountpoint="/var/lib/postgresql"),
        {**AT, "mountpoint": "/var/lib/postgresql"}, 2e9, 5),
    "AmanahStandbyMissing": (
        lambda value: [(series("amanah_standbys_streaming", {}), f"{value}x60"),
                       (series("amanah_standbys_required", {}), "1x60")], AT, 1, 1),
    "AmanahStandbyLags": (gauge("amanah_standby_lag_bytes"), AT, 67108864, 5),
    "AmanahCertificateEnds": (
        # The clock of the test is at 61 minutes when it looks.
        lambda value: [(series("probe_ssl_earliest_cert_expiry", {}), f"{value}+60x130")], AT, 1209600, 60),
    "AmanahDeliveriesDie": (gauge("amanah_deliveries_dead"), AT, 0, 0),
    "AmanahDeliveriesWait": (gauge("amanah_deliveries_pending"), AT, 1000, 15),
}
# What is compared from below: fires under its threshold, or at it.
BELOW = {"AmanahDatabaseAway", "AmanahDiskFills", "AmanahServerDiskFills", "AmanahStandbyMissing", "AmanahCertificateEnds"}
EXACT = {"AmanahDown"}
# What else must hold for the alert to fire, and what must not: the other half of an `and` or `or`.
SILENT_BESIDE = {
    "AmanahStandbyMissing": [(series("amanah_standbys_streaming", {}), "0x60"),
                             (series("amanah_standbys_required", {}), "0x60")],
    "AmanahDown": [("up{job=\"other\",instance=\"b:1\"}", "0x60")],
    "AmanahDiscrepancy": [(series("amanah_broken_facts", {"invariant": "I1"}), "5x60")],
    "AmanahUnknownCommit": [(series("amanah_rollbacks_total", {"cause": "conflict"}), "0+5x60")],
    "AmanahNumberAllocationFails": [(series("amanah_unique_violations_total", {"of": "other"}), "0+5x60")],
    "AmanahInvoicePaidTwice": [(series("amanah_alerts_total", {"type": "low_balance"}), "0+5x60")],
}


def just_beyond(alert, threshold):
    if alert in EXACT:
        return threshold
    step = abs(threshold) * 0.01 or 0.5
    return threshold - step if alert in BELOW else threshold + step


def just_within(alert, threshold):
    if alert in EXACT:
        return threshold + 1
    # The increase of a counter is a little off.
    return threshold * 0.999 if alert == "AmanahNumberAllocationFails" else threshold


def case(name, look_at, given, fires, labels, severity, annotations):
    expected = [{"exp_labels": {**labels, "severity": severity}, "exp_annotations": annotations}] if fires else []
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": series, "values": values} for series, values in given],
        "alert_rule_test": [{"alertname": name.split()[0], "eval_time": look_at, "exp_alerts": expected}],
    }


def cases(rules):
    for alert, (given, labels, threshold, patience) in ALERTS.items():
        severity, summary = rules[alert]
        summary = re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: labels[found[1]], summary)
        # A rate needs some minutes to be one; patience is counted from the first evaluation that has it.
        counts = given(1)[0][1].startswith("0+")
        # And what is recorded by one rule is seen by the next one later.
        start = 2 if alert == "AmanahConflicts" else 1 if counts else 0
        fired = f"{start + patience}m" if patience else "40m"
        told = {"summary": summary}
        beyond = given(just_beyond(alert, threshold))
        yield case(f"{alert} fires", fired, beyond, True, labels, severity, told)
        if patience:
            early = f"{(start + patience) * 60 - 30}s" if patience == 1 else f"{patience - (not start)}m"
            yield case(f"{alert} has patience", early, beyond, False, labels, severity, told)
        # Long after it would have fired.
        later = f"{max(40, patience * 2)}m"
        yield case(f"{alert} is silent", later, given(just_within(alert, threshold)), False, labels, severity, told)
        if alert in SILENT_BESIDE:
            yield case(f"{alert} looks at its own", "40m", SILENT_BESIDE[alert], False, labels, severity, told)


def parsed(text):
    """Each alert's severity and summary, from the text: the file is written to be read like this."""
    found = {}
    for block in re.split(r"\n      - (?=alert:|record:)", text)[1:]:
        if block.startswith("alert:"):
            name = block.split()[1]
            severity = re.search(r"severity: (\w+)", block)[1]
            summary = re.search(r"summary: (.*)", block)[1].strip().strip('"')
            found[name] = (severity, summary)
    return found


def mutants(text):
    """The text with one number changed at a time: each threshold, and each patience."""
    for found in re.finditer(r"(?P<op>[<>]|==) (?P<number>[0-9.e]+)$|for: (?P<minutes>\d+)(?P<unit>[mh])$", text, re.M):
        line = text.count("\n", 0, found.start()) + 1
        if found["minutes"]:
            minutes = int(found["minutes"]) * (60 if found["unit"] == "h" else 1)
            changed = [f"for: {minutes * 2 * 60}s", f"for: {minutes * 30}s"]
        else:
            number = float(found["number"])
            changed = [f"{found['op']} {other}" for other in ([number * 1.5, number / 2] if number else [1, -1])]
        for other in changed:
            alert = re.findall(r"alert: (\w+)", text[: found.start()])[-1]
            yield alert, f"line {line}: {found[0]} -> {other}", text[: found.start()] + other + text[found.end():]


def run(folder, rules, tests):
    (folder / "rules.yml").write_text(rules)
    whole = {"rule_files": ["rules.yml"], "evaluation_interval": "30s", "tests": tests}
    (folder / "test.yml").write_text(json.dumps(whole))
    command = ["promtool", "test", "rules", str(folder / "test.yml")]
    return subprocess.run(command, capture_output=True, text=True)


def main():
    text = RULES.read_text()
    rules = parsed(text)
    if rules.keys() != ALERTS.keys():
        sys.exit(f"tested and written are not the same alerts: {rules.keys() ^ ALERTS.keys()}")
    tests = list(cases(rules))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        done = run(folder, text, tests)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        count = 0
        unnoticed = []
        for alert, what, mutant in mutants(text):
            count += 1
            its_own = [test for test in tests if test["name"].split()[0] == alert]
            if run(folder, mutant, its_own).returncode == 0:
                unnoticed.append(what)
        if unnoticed:
            sys.exit("nobody notices that a number was changed: " + "; ".join(unnoticed))
    print(f"{len(rules)} alerts, {len(tests)} cases, {count} changed numbers noticed")


main()
