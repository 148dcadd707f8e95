//! `amanah audit`: for auditors, who need neither server nor database, and for those who give them files.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context, bail};
use clap::Subcommand;
use data_encoding::BASE64;
use domain::{Id, rows::Firm};
use store::Reader;

use super::DatabaseArgs;
use crate::audit::{
    AuditKey, Checkpoint, PublicKeys,
    check::{Failure, Holds, check},
    line,
};
use crate::integrity::Past;

/// Check the audit log, or write it to a file that others can check.
#[derive(Debug, clap::Args)]
pub(super) struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    Verify(VerifyArgs),
    /// Write a firm's audit log to standard output, signed, for `amanah audit verify`.
    Export(LogArgs),
    /// Print the public key that a firm's checkpoints are signed with; makes the key if there is none.
    Key(LogArgs),
}

/// The key that checkpoints are signed with.
#[derive(Debug, clap::Args)]
pub(super) struct AuditKeyArgs {
    /// An Ed25519 key in PEM, to sign checkpoints of the audit log with; made if it is not there.
    /// Default: beside the file of an SQLite database, `<file>.audit-key`; with PostgreSQL there is
    /// none, and no checkpoints without it.
    #[arg(long, env = "AMANAH_AUDIT_KEY", value_name = "FILE")]
    audit_key: Option<PathBuf>,
    /// What the logs are called in checkpoints, before the firm's id: a name that nobody else uses.
    #[arg(long, env = "AMANAH_AUDIT_ORIGIN", value_name = "NAME", default_value = "amanah")]
    audit_origin: String,
}

impl AuditKeyArgs {
    fn file(&self, database: &str) -> Option<PathBuf> {
        self.audit_key.clone().or_else(|| beside(store::file_of(database)?, ".audit-key"))
    }

    /// Where is kept how the logs were: beside the key.
    pub fn past(&self, database: &str) -> Past {
        Past::new(self.file(database).and_then(|file| beside(file, ".checkpoints")))
    }

    /// The key for this database, if there is to be one.
    pub fn key(&self, database: &str) -> anyhow::Result<Option<Arc<AuditKey>>> {
        let Some(file) = self.file(database) else {
            tracing::warn!("no --audit-key: the audit log is kept, but no checkpoint is signed");
            return Ok(None);
        };
        Ok(Some(Arc::new(AuditKey::open(&file, &self.audit_origin)?)))
    }
}

fn beside(file: PathBuf, suffix: &str) -> Option<PathBuf> {
    let mut file = file.into_os_string();
    file.push(suffix);
    Some(file.into())
}

/// Check a file offline: an export of the audit log, or an answer with a proof.
///
/// Needs no server and no database: records, leaves, root and signature are checked from the file and
/// the public key, which you have from somewhere else. Exits with 0 when everything holds, with 1 when
/// it does not, with 2 when it could not be checked.
#[derive(Debug, clap::Args)]
struct VerifyArgs {
    /// What `amanah audit export` or /api/audit/export, /proof or /consistency has written.
    file: PathBuf,
    /// A public key to believe, NAME+ID+KEY; again for one that was in use before.
    #[arg(long = "key", value_name = "KEY", required = true)]
    keys: Vec<String>,
    /// A checkpoint kept from earlier, that the log must have begun as.
    #[arg(long, value_name = "FILE")]
    older: Option<PathBuf>,
}

/// Whose log, and what it is signed with.
#[derive(Debug, clap::Args)]
struct LogArgs {
    /// The firm, 24 hex digits.
    #[arg(long, value_name = "HEX", value_parser = firm)]
    firm: Id<Firm>,
    #[command(flatten)]
    key: AuditKeyArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

fn firm(text: &str) -> Result<Id<Firm>, &'static str> {
    text.parse().map_err(|_| "24 hex digits are needed")
}

pub(super) fn run(args: &AuditArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        AuditCommand::Verify(args) => verify(args),
        AuditCommand::Export(args) => export(args).map(|()| ExitCode::SUCCESS),
        AuditCommand::Key(args) => key(args).map(|()| ExitCode::SUCCESS),
    }
}

/// What was to be checked could not be.
const UNCHECKED: u8 = 2;

#[expect(clippy::print_stdout, reason = "the verdict is what this command is for")]
fn verify(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    match checked(args) {
        Ok(holds) => {
            println!("{}", told(&holds));
            Ok(ExitCode::SUCCESS)
        }
        Err(Failure::Refuted(why)) => {
            println!("REFUTED {}: {why}", args.file.display());
            Ok(ExitCode::FAILURE)
        }
        Err(failure) => {
            tracing::error!(file = %args.file.display(), "not checked: {failure}");
            Ok(ExitCode::from(UNCHECKED))
        }
    }
}

fn checked(args: &VerifyArgs) -> Result<Holds, Failure> {
    let keys = PublicKeys::new(&args.keys)?;
    let older = args.older.as_ref().map(std::fs::read_to_string).transpose()?;
    check(BufReader::new(File::open(&args.file)?), &keys, older.as_deref())
}

fn told(holds: &Holds) -> String {
    let signed = |Checkpoint { origin, size, root }: &Checkpoint| {
        format!("{origin}, {size} records, root {}", BASE64.encode(root))
    };
    match holds {
        Holds::Log { checkpoint, erased, older } => {
            let since = older.as_ref().map_or_else(String::new, |older| {
                format!("\nit began as the log of {} records of the older checkpoint", older.size)
            });
            let erased = match erased {
                0 => String::new(),
                n => format!("\nof {n} records, what was said has been erased"),
            };
            format!(
                "every record is the one that was signed: {}{erased}{since}",
                signed(checkpoint)
            )
        }
        Holds::Inclusion { checkpoint, n } => {
            format!("record {n} is in the log that was signed: {}", signed(checkpoint))
        }
        Holds::Consistency { checkpoint, older } => format!(
            "the log has only grown since it had {} records: {}",
            older.size,
            signed(checkpoint)
        ),
    }
}

fn export(args: &LogArgs) -> anyhow::Result<()> {
    let database = &args.database.database;
    let Some(key) = args.key.key(database)? else { bail!("give --audit-key FILE to sign with") };
    let reader = store::open_reader(database)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(write(&reader, &key, args.firm)).context("writing the audit log")
}

async fn write(reader: &Reader, key: &AuditKey, firm: Id<Firm>) -> anyhow::Result<()> {
    const RECORDS_MAX: u32 = 1_000;
    let tree = reader.audit_tree(firm, None).await?.context("the log has no head")?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    out.write_all(&line::head(&key.checkpoint(firm, &tree)))?;
    let (mut n, last) = (0, i64::try_from(tree.size)?);
    while n < last {
        let some = reader.audit_after(firm, n, last, RECORDS_MAX).await?;
        n = some.last().with_context(|| format!("record {} is missing", n + 1))?.n;
        out.write_all(&line::lines(&some))?;
    }
    Ok(out.flush()?)
}

#[expect(clippy::print_stdout, reason = "the key is what this command is for")]
fn key(args: &LogArgs) -> anyhow::Result<()> {
    let Some(key) = args.key.key(&args.database.database)? else { bail!("give --audit-key FILE") };
    println!("{}", key.public(args.firm));
    Ok(())
}
