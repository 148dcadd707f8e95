//! `amanah serve`

use std::{
    net::{IpAddr, SocketAddr},
    num::{NonZero, NonZeroU32},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context, bail};
use clap::builder::FalseyValueParser;
use ipnet::IpNet;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};

use super::{audit::AuditKeyArgs, demo, token};
use crate::{
    Addresses, App, Settings,
    chaos::{Chaos, Plan},
    http::{self, HttpLimits, Keys, PublicKey, Rate, Secret},
    integrity::Pace,
    telemetry::Telemetry,
};

/// Serve the HTTP API.
///
/// Opens the database (making it if there is none), listens, and serves until SIGTERM or Ctrl-C; then
/// finishes what is being answered. Tokens are verified with JWT_SECRET from the environment, or with
/// the public keys given. TLS is the business of a proxy in front.
#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    /// Where the books are kept: `sqlite:PATH` or `postgres://USER@HOST/DATABASE`.
    #[arg(long, env = "AMANAH_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
    /// A standby of it that reports and statistics are read from; they may then be some moments old.
    /// Nothing is decided on what it says, and whoever names a `seq` is shown at least that.
    #[arg(long, env = "AMANAH_READ_DATABASE", value_name = "URL", hide_env_values = true)]
    read_database: Option<String>,
    /// Leave the schema as it is: `amanah migrate` is somebody else's turn. Until then the server
    /// answers that it is not ready.
    #[arg(long)]
    no_migrate: bool,
    /// Commits under way at the same time, each of other firms; SQLite has one.
    #[arg(long, value_name = "N", default_value_t = store::LANE_COUNT_DEFAULT, value_parser = lane_count)]
    lane_count: usize,
    /// Where to listen; `:0` takes any free port. Default: 127.0.0.1 with PORT, else 127.0.0.1:5000.
    #[arg(long, env = "AMANAH_LISTEN", value_name = "HOST:PORT")]
    listen: Option<String>,
    /// The port, where --listen is not given.
    #[arg(long, env = "PORT", hide = true, default_value_t = 5000)]
    port: u16,
    /// Most commands in one commit; 1 gives every command a commit of its own.
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u64).range(1..=4096))]
    batch_count_max: u64,
    /// A browser origin that may call with credentials, like https://app.example.com; may be repeated.
    #[arg(long = "cors-origin", value_name = "ORIGIN", value_parser = origin)]
    cors_origins: Vec<String>,
    /// Let webhooks be inside the network too: for tests and development. Otherwise only addresses that
    /// anybody can reach are asked.
    #[arg(long)]
    private_webhooks: bool,
    /// Make the database worse than it is, to see what holds: for tests and exercises. Like
    /// delay=1..20ms,refuse=0.01,fail=0.01,conflict=0.01,unknown=0.005,lost=0.005,seed=7
    #[arg(long, env = "AMANAH_CHAOS", value_name = "FAULTS")]
    chaos: Option<Plan>,
    /// Real money: refuses whatever is only for tests.
    #[arg(long, env = "AMANAH_PRODUCTION", value_parser = FalseyValueParser::new())]
    production: bool,
    /// The public key, PEM, of a private one that tokens are signed with: Ed25519 (EdDSA) or RSA from
    /// 2048 bits (RS256); may be repeated. Without JWT_SECRET, only such tokens are taken.
    #[arg(long = "jwt-public-key", value_name = "FILE")]
    public_keys: Vec<PathBuf>,
    /// Requests a second that one user may send on average; more are answered 429. Not limited if not
    /// said.
    #[arg(long, value_name = "N")]
    rate_limit: Option<NonZeroU32>,
    /// Requests that one user may send at once, where there is a --rate-limit; as many if not said.
    #[arg(long, value_name = "N", requires = "rate_limit")]
    rate_burst: Option<NonZeroU32>,
    /// A proxy, or a network of them like 10.0.0.0/8, whose X-Forwarded-For is believed: the audit log
    /// then names the caller behind it; may be repeated.
    #[arg(long = "trusted-proxy", value_name = "ADDRESS", value_parser = network)]
    trusted_proxies: Vec<IpNet>,
    /// Serve a made-up firm from a fresh folder that is removed at the end, and print what to try.
    /// No other database is touched.
    #[arg(long)]
    demo: bool,
    /// The share of one core that checking the books all the time may take, like 0.02; 0 leaves it to
    /// those who ask for it.
    #[arg(long, env = "AMANAH_VERIFY_SHARE", value_name = "SHARE", default_value_t = Pace::SHARE_DEFAULT, value_parser = share)]
    verify_share: f64,
    #[command(flatten)]
    audit: AuditKeyArgs,
    /// What tokens are signed with, at least 32 bytes.
    #[arg(long = "jwt-secret", env = "JWT_SECRET", hide_env_values = true, hide = true)]
    secret: Option<String>,
}

/// Each is a thread and a connection.
const LANE_COUNT_MAX: usize = 64;

/// An origin as browsers send it: scheme and authority, no path.
fn origin(text: &str) -> Result<String, &'static str> {
    let authority = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_bare =
        authority.is_some_and(|rest| !rest.is_empty() && !rest.contains(['/', ' ', '*', ',']));
    if is_bare {
        Ok(text.to_owned())
    } else {
        Err("an origin is like https://app.example.com, without a path")
    }
}

fn network(text: &str) -> Result<IpNet, &'static str> {
    let one = text.parse::<IpAddr>().map(IpNet::from);
    one.or_else(|_| text.parse()).map_err(|_| "a proxy is an address or a network like 10.0.0.0/8")
}

fn share(text: &str) -> Result<f64, &'static str> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or("a share is between 0 and 1")
}

fn lane_count(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (1..=LANE_COUNT_MAX).contains(count));
    count.ok_or_else(|| format!("lanes are 1 to {LANE_COUNT_MAX}"))
}

pub(super) fn run(args: ServeArgs, telemetry: Telemetry) -> anyhow::Result<ExitCode> {
    // One core is the lane's: a lane that is never pushed aside takes fuller batches.
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.saturating_sub(1).max(1))
        .enable_all()
        .build()?;
    runtime.block_on(serve(args, telemetry))
}

async fn serve(args: ServeArgs, telemetry: Telemetry) -> anyhow::Result<ExitCode> {
    if args.production && (args.chaos.is_some() || args.private_webhooks || args.demo) {
        bail!("--chaos, --private-webhooks and --demo are not for --production");
    }
    let folder =
        args.demo.then(tempfile::tempdir).transpose().context("making a folder for the demo")?;
    let demo_secret = folder.is_some().then(random_secret).transpose()?;
    let keys = match &demo_secret {
        Some(secret) => secret.clone().into(),
        None => keys(args.secret.as_deref(), &args.public_keys)?,
    };
    let url = match (&folder, args.database) {
        (Some(folder), _) => format!("sqlite:{}", folder.path().join("demo.db").display()),
        (None, Some(url)) => url,
        (None, None) => bail!(
            "which database? give --database sqlite:PATH (it is made if it is not there) or \
             postgres://USER@HOST/DATABASE, or look around with --demo"
        ),
    };
    let address = args.listen.unwrap_or_else(|| format!("127.0.0.1:{}", args.port));
    let listener = TcpListener::bind(&address).await.with_context(|| {
        format!(
            "{address} can't be listened on; another process may have it, try --listen 127.0.0.1:0"
        )
    })?;
    let bound = listener.local_addr()?;
    let mut settings = Settings::new(keys);
    settings.limits.batch_count_max = usize::try_from(args.batch_count_max)?;
    settings.cors_origins = args.cors_origins;
    if args.private_webhooks {
        settings.addresses = Addresses::Any;
    }
    settings.audit_key = args.audit.key(&url)?;
    settings.verify = Pace::of(args.verify_share);
    settings.past = args.audit.past(&url);
    settings.proxies = args.trusted_proxies.into_iter().collect();
    settings.rate = args
        .rate_limit
        .map(|per_second| Rate { per_second, burst: args.rate_burst.unwrap_or(per_second) });
    let opening = store::Opening { lane_count: args.lane_count, migrates: !args.no_migrate };
    let database = store::open(&url, opening)?;
    let standby = args.read_database.as_deref().map(store::open_standby).transpose();
    settings.reports = standby.context("--read-database")?;
    settings.chaos = args.chaos.map(Chaos::new);
    let app = match settings.chaos.clone() {
        None => App::start(database.stores, database.reader, settings)?,
        Some(chaos) => {
            tracing::error!(faults = %chaos, "CHAOS: commits are delayed, refused and lost on purpose");
            let stores = (0..).zip(database.stores).map(|(n, store)| chaos.wrap(n, store));
            App::start(stores.collect(), database.reader, settings)?
        }
    };
    if let Some(secret) = &demo_secret {
        demo::fill(&app).await.context("filling the demo")?;
        demo::print_guide(bound, secret, app.clock.now());
    }
    let mut sending = JoinSet::<()>::new();
    #[cfg(feature = "otel")]
    if let Some(collector) = telemetry.collector.clone() {
        sending.spawn(crate::otel::run(Arc::clone(&app), collector));
    }
    let served = listen(listener, bound, app).await;
    sending.shutdown().await;
    telemetry.end();
    served
}

/// Serves until it is told to stop, or must stop because nobody can know what was committed.
async fn listen(
    listener: TcpListener,
    bound: SocketAddr,
    app: Arc<App>,
) -> anyhow::Result<ExitCode> {
    let mut terminate = signal(SignalKind::terminate())?;
    let engine = app.engine.clone();
    let mut failure = None;
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: stopping"),
            _ = tokio::signal::ctrl_c() => tracing::info!("interrupted: stopping"),
            reason = engine.failed() => failure = Some(reason),
        }
    };
    tracing::info!(address = %bound, "listening");
    http::serve(listener, app, HttpLimits::default(), stop).await;
    if let Some(reason) = failure {
        tracing::error!(
            reason,
            "the engine has failed; restart the server, it will find out what was committed"
        );
        return Ok(ExitCode::FAILURE);
    }
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// What tokens are verified with: the secret, public keys, or both.
fn keys(secret: Option<&str>, public_keys: &[PathBuf]) -> anyhow::Result<Keys> {
    let mut keys = match secret {
        None if !public_keys.is_empty() => Keys::default(),
        secret => token::secret(secret)?.into(),
    };
    for path in public_keys {
        keys.extend([public_key(path).with_context(|| path.display().to_string())?]);
    }
    Ok(keys)
}

fn public_key(path: &Path) -> anyhow::Result<PublicKey> {
    Ok(PublicKey::from_pem(&std::fs::read_to_string(path)?)?)
}

fn random_secret() -> anyhow::Result<Secret> {
    let mut bytes = [0; http::SECRET_BYTES_MIN];
    getrandom::fill(&mut bytes)?;
    Ok(Secret::new(&bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_addresses_and_networks() {
        for (text, shown) in
            [("10.0.0.1", "10.0.0.1/32"), ("10.0.0.0/8", "10.0.0.0/8"), ("fd00::1", "fd00::1/128")]
        {
            assert_eq!(network(text).map(|network| network.to_string()), Ok(shown.to_owned()));
        }
        for text in ["", "proxy.example.com", "10.0.0.0/33", "10.0.0", "*"] {
            assert!(network(text).is_err(), "{text}");
        }
    }

    #[test]
    fn origins_are_what_browsers_send() {
        assert!(
            origin("https://app.example.com").is_ok() && origin("http://localhost:3000").is_ok()
        );
        for text in ["*", "app.example.com", "https://", "https://a/", "https://*.example.com"] {
            assert!(origin(text).is_err(), "{text}");
        }
    }
}
