//! A real PostgreSQL for this test process: a cluster in a temporary folder, on a free port of the loopback address.
//!
//! It is held by a shell that waits for its standard input to close: however this process ends, the shell hears it,
//! stops the server and removes the folder.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Database};
use tokio::sync::OnceCell;

/// Starts the cluster as another user when we are root: PostgreSQL refuses to run as root.
const SCRIPT: &str = r#"
set -eu
bin=$(pg_config --bindir 2>/dev/null || ls -d /usr/lib/postgresql/*/bin | tail -n 1)
dir=$(mktemp -d /tmp/greentick-postgres.XXXXXX)
as=""
if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; as="runuser -u postgres --"; fi
cd "$dir"
$as "$bin/initdb" --pgdata "$dir/data" --username greentick --auth trust --no-sync --locale C.UTF-8 >"$dir/log" 2>&1
$as "$bin/postgres" -D "$dir/data" -k "$dir" -h 127.0.0.1 -p "$1" \
  -c fsync=off -c max_connections=400 -c shared_buffers=64MB </dev/null >>"$dir/log" 2>&1 &
server=$!
trap '$as "$bin/pg_ctl" --pgdata "$dir/data" --mode immediate stop >/dev/null 2>&1; rm -rf "$dir"' EXIT
for i in $(seq 1 300); do
  if "$bin/pg_isready" -q -h 127.0.0.1 -p "$1"; then echo ready; break; fi
  kill -0 $server 2>/dev/null || { tail -n 3 "$dir/log"; exit 1; }
  sleep 0.1
done
# Each word is a wish for another start.
while read -r word; do
  $as "$bin/pg_ctl" --pgdata "$dir/data" --mode fast -w -l "$dir/again" restart >/dev/null 2>&1
  echo ready
done
"#;

struct Cluster {
    port: u16,
    /// Its standard input keeps the server alive.
    shell: Mutex<Child>,
    said: Mutex<BufReader<ChildStdout>>,
}

/// A cluster for one test, which may start it anew.
pub struct Own(Arc<Cluster>);

impl Own {
    pub async fn start() -> Self {
        Self(Arc::new(tokio::task::spawn_blocking(start).await.expect("it starts")))
    }

    pub fn url(&self) -> String {
        format!("postgres://greentick@127.0.0.1:{}/postgres", self.0.port)
    }

    /// Stops it, ending all connections, and starts it again.
    pub async fn restarts(&self) {
        let cluster = self.0.clone();
        let restart = tokio::task::spawn_blocking(move || {
            let mut shell = cluster.shell.lock().expect("nobody panicked with it");
            shell.stdin.as_mut().expect("it was piped").write_all(b"again\n").expect("the shell reads");
            let mut line = String::new();
            cluster.said.lock().expect("nobody panicked with it").read_line(&mut line).expect("the shell speaks");
            assert_eq!(line, "ready\n");
        });
        restart.await.expect("it starts again");
    }
}

static CLUSTER: OnceLock<Cluster> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);
/// A database with our tables and nothing in them, as soon as it is made.
static MIGRATED: OnceCell<()> = OnceCell::const_new();

fn start() -> Cluster {
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its port").port();
    let mut shell = Command::new("bash")
        .args(["-c", SCRIPT, "postgres", &port.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // A server that outlives us for a moment must not hold our own output open.
        .stderr(Stdio::null())
        .spawn()
        .expect("bash is there");
    let mut line = String::new();
    let mut said = BufReader::new(shell.stdout.take().expect("it was piped"));
    said.read_line(&mut line).expect("the shell speaks");
    assert_eq!(line, "ready\n", "PostgreSQL did not start; is the package `postgresql` installed? It said: {line}");
    Cluster { port, shell: Mutex::new(shell), said: Mutex::new(said) }
}

/// The address of a new, empty database.
pub async fn empty_database() -> String {
    made("").await
}

/// The address of a new database. Its tables are copied: our migrations make them once, and every opening sees that none
/// is left to do.
pub async fn new_database() -> String {
    MIGRATED.get_or_init(migrated).await;
    made("TEMPLATE migrated").await
}

async fn migrated() {
    let own = Database::connect(makes("migrated", "").await).await.expect("PostgreSQL answers");
    Migrator::up(&own, None).await.expect("it migrates");
    own.close().await.expect("it closes");
}

async fn made(like: &str) -> String {
    makes(&format!("t{}", DATABASES.fetch_add(1, Ordering::Relaxed)), like).await
}

async fn makes(name: &str, like: &str) -> String {
    let port = tokio::task::spawn_blocking(|| CLUSTER.get_or_init(start).port).await.expect("it starts");
    let at = |name: &str| format!("postgres://greentick@127.0.0.1:{port}/{name}");
    let db = Database::connect(at("postgres")).await.expect("PostgreSQL answers");
    db.execute_unprepared(&format!("CREATE DATABASE {name} {like}")).await.expect("a new database");
    db.close().await.expect("it closes");
    at(name)
}
