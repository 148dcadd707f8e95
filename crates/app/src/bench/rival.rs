//! What ours is compared with on PostgreSQL: the same rows written the usual way, one transaction a
//! request that locks the retainer's row, by `pgbench`, without any server in between.
//!
//! It is spared the rows that a firm has one of (head, sums by day of the firm's accounts), which all
//! its requests would otherwise wait for, and the audit log's hashes.

use std::{io::Write as _, path::Path, process::Command};

use anyhow::{Context, ensure};

use super::BenchArgs;

/// A firm and its retainers, 1, 2, 3 ….
const SET_UP: &str = r"
create sequence places;
insert into firms values ('\x0b0b0b0b0b0b0b0b0b0b0b0b', '', 'SAR', 'UTC', 0, 0, '', '', 0);
insert into clients (firm_id, id, number, created_by, created_at, deleted, kind, full_name, version,
    updated_at, searched_by)
values ('\x0b0b0b0b0b0b0b0b0b0b0b0b', '\x0c0c0c0c0c0c0c0c0c0c0c0c', 'CLT', '', 0, 0, '', 'Bench', 1, 0, '');
insert into retainers (firm_id, id, number, client_id, currency, initial_amount, created_by, created_at,
    kind, minimum_balance, start_day, balance, deposits, consumptions, refunds, movements, latest_day,
    low_balance_alerted, refunded, version, updated_at)
select '\x0b0b0b0b0b0b0b0b0b0b0b0b', decode(lpad(n::text, 24, '0'), 'hex'), n,
    '\x0c0c0c0c0c0c0c0c0c0c0c0c', 'SAR', 1000000000, '', 0, '', 0, 0, 1000000000, 1000000000, 0, 0, 0, 0,
    0, 0, 1, 0
from generate_series(1, 1000) n;
";

/// One request: as an application does it, statement after statement.
const REQUEST: &str = r"
\set r random(1, :retainers)
begin;
select balance, movements + 1 as n from retainers
where firm_id = '\x0b0b0b0b0b0b0b0b0b0b0b0b' and id = decode(lpad(:r::text, 24, '0'), 'hex')
for no key update \gset
update retainers set balance = balance - 1, consumptions = consumptions + 1, movements = movements + 1,
    version = version + 1
where firm_id = '\x0b0b0b0b0b0b0b0b0b0b0b0b' and id = decode(lpad(:r::text, 24, '0'), 'hex')
    and balance >= 1;
select nextval('places') as place \gset
insert into movements values ('\x0b0b0b0b0b0b0b0b0b0b0b0b', decode(lpad(:r::text, 24, '0'), 'hex'), :n,
    '\x0d0d0d0d0d0d0d0d0d0d0d0d', :place, 'consumption', 'SAR', 1, :balance - 1, 20000, 1, null, null,
    null, '\x0a0a0a0a0a0a0a0a0a0a0a0a');
insert into retainer_days values ('\x0b0b0b0b0b0b0b0b0b0b0b0b', decode(lpad(:r::text, 24, '0'), 'hex'),
    20000, -1)
on conflict (firm_id, retainer_id, day) do update set net = retainer_days.net - 1;
insert into entries values
    ('\x0b0b0b0b0b0b0b0b0b0b0b0b', :place, 1, 2130, null, 4100, null, 'SAR', 1, 20000, null),
    ('\x0b0b0b0b0b0b0b0b0b0b0b0b', :place, 2, 1101, null, 1102, null, 'SAR', 1, 20000, null);
insert into audit (firm_id, n, seq, at, user_id, role, command, outcome, origin, request_id, fingerprint, hash)
values ('\x0b0b0b0b0b0b0b0b0b0b0b0b', :place, :place, 1, '\x0a0a0a0a0a0a0a0a0a0a0a0a', 'owner',
    'consume_retainer', 'accepted', '127.0.0.1', 'bench', '\x00', '\x00');
commit;
";

/// A migrated database with retainers to take from.
pub(super) struct Rival<'f> {
    url: String,
    folder: &'f Path,
}

impl<'f> Rival<'f> {
    pub fn new(url: String, folder: &'f Path) -> anyhow::Result<Self> {
        store::migrate(&url)?;
        let script = folder.join("set_up.sql");
        std::fs::write(&script, SET_UP)?;
        let mut psql = Command::new("psql");
        psql.args(["-q", "-v", "ON_ERROR_STOP=1", "-d", &url, "-f"]).arg(&script);
        said(&mut psql)?;
        std::fs::File::create(folder.join("request.sql"))?.write_all(REQUEST.as_bytes())?;
        Ok(Self { url, folder })
    }

    /// Transactions a second, from so many connections on so many retainers.
    pub fn per_second(
        &self,
        args: &BenchArgs,
        connections: usize,
        retainers: usize,
    ) -> anyhow::Result<f64> {
        let seconds = args.round_seconds.ceil().max(1.0);
        let mut pgbench = Command::new("pgbench");
        pgbench.args(["-n", "-M", "prepared", "-j", "2", "-c", &connections.to_string()]);
        pgbench.args(["-T", &seconds.to_string(), "-D", &format!("retainers={retainers}"), "-f"]);
        pgbench.arg(self.folder.join("request.sql")).arg(&self.url);
        let said = said(&mut pgbench)?;
        let tps = said.lines().find_map(|line| line.strip_prefix("tps = ")).context("no tps")?;
        let tps = tps.split(' ').next().context("no figure")?;
        let failed = said.lines().find(|line| line.starts_with("number of failed transactions"));
        ensure!(failed.is_none_or(|line| line.contains(": 0 ")), "{said}");
        Ok(tps.parse()?)
    }
}

/// Runs it, and gives what it printed.
pub(super) fn said(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("running {command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?} ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
