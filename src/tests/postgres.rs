//! A real PostgreSQL for this test process: a cluster in a temporary folder, on a free port of the loopback address.
//!
//! It is held by a shell that waits for its standard input to close: however this process ends, the shell hears it,
//! stops the server and removes the folder.

use std::{
    process::{Child, Command, Stdio},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

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
cat >/dev/null
"#;

struct Cluster {
    port: u16,
    /// Its standard input keeps the server alive.
    _shell: Mutex<Child>,
}

static CLUSTER: OnceLock<Cluster> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

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
    let mut said = std::io::BufReader::new(shell.stdout.take().expect("it was piped"));
    std::io::BufRead::read_line(&mut said, &mut line).expect("the shell speaks");
    assert_eq!(line, "ready\n", "PostgreSQL did not start; is the package `postgresql` installed? It said: {line}");
    Cluster { port, _shell: Mutex::new(shell) }
}

/// The address of a new, empty database.
pub async fn new_database() -> String {
    use sea_orm::ConnectionTrait;
    let port = tokio::task::spawn_blocking(|| CLUSTER.get_or_init(start).port).await.expect("it starts");
    let name = format!("t{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let admin = format!("postgres://greentick@127.0.0.1:{port}/postgres");
    let db = sea_orm::Database::connect(admin).await.expect("PostgreSQL answers");
    db.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a new database");
    db.close().await.expect("it closes");
    format!("postgres://greentick@127.0.0.1:{port}/{name}")
}
