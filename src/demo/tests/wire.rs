//! The servers as the real client meets them.

use crate::demo::{Behaviour, Demo, Scenario};
use crate::model::fault::{Auth, FaultKind, HostKey, Unreachable};
use crate::model::{Fault, HostName, Secret, SecretRef, Sudo};
use crate::shell::{Ended, Part, PartOutput};
use crate::ssh::{Client, Connection, Progress, Secrets, Settings, Use};
use futures::future::{BoxFuture, join_all};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

struct Nothing;

impl Secrets for Nothing {
    fn get<'a>(&'a self, _: &'a HostName, _: Use, _: &'a SecretRef) -> BoxFuture<'a, Result<Secret, String>> {
        Box::pin(async { Err("there is none".into()) })
    }
}

struct Bed {
    demo: Demo,
    client: Client,
    _dir: tempfile::TempDir,
}

impl Bed {
    async fn start(behaviours: &[Behaviour]) -> Self {
        let host = |(n, b): (usize, &Behaviour)| Scenario::clean(&format!("h{n}"), n).behaving(*b);
        let dir = tempfile::tempdir().unwrap();
        let demo = Demo::start_with(behaviours.iter().enumerate().map(host).collect(), dir.path()).await.unwrap();
        let mut settings = Settings::for_user(dir.path(), None);
        settings.known_hosts = vec![demo.known_hosts_path()];
        settings.write_known_hosts = demo.known_hosts_path();
        settings.deadlines.handshake = Duration::from_secs(2);
        let client = Client::new(settings).await.unwrap();
        Self { demo, client, _dir: dir }
    }

    async fn connect(&self, n: usize) -> Result<Connection, Fault> {
        self.client.connect(&self.demo.hosts()[n], &[], &Nothing).await
    }
}

async fn run(connection: &Connection, parts: &[Part]) -> Result<Vec<PartOutput>, Fault> {
    let mut shell = connection.shell(None, &Nothing).await?;
    let outputs = shell.run(parts, &mut |_, _| {}, &CancellationToken::new()).await?;
    shell.close().await?;
    Ok(outputs)
}

#[tokio::test]
async fn a_shell_answers_parts_in_order_and_as_root_too() {
    let bed = Bed::start(&[Behaviour::Honest]).await;
    let connection = bed.connect(0).await.unwrap();
    let mut command = Part::new("command", "exec \"$@\"");
    command.args = vec!["echo".into(), "a  b".into()];
    let mut typed = Part::new("script", "eval \"$1\"");
    typed.args = vec!["false; whoami".into()];
    let parts = [Part::new("script", "hostname; nonsense"), command, crate::mail::detect::part(), typed];
    let outputs = run(&connection, &parts).await.unwrap();
    assert_eq!(outputs[0].ended, Ended::Status(127));
    assert!(outputs[0].stderr.for_human(99).starts_with("sh: nonsense: this demo server only knows: true,"));
    assert_eq!((outputs[1].ended, outputs[1].stdout.for_human(99).as_str()), (Ended::Status(0), "a  b\n"));
    assert_eq!(outputs[2].stdout.parse(crate::mail::detect::parse).unwrap().hostname, "h0.example.jp");
    assert_eq!(outputs[3].stdout.for_human(99), "root\n");
    let shell = connection.shell(Some(&Sudo::default()), &Nothing).await.unwrap();
    shell.close().await.unwrap();
    connection.close().await;
    bed.demo.stop().await;
}

#[tokio::test]
async fn a_part_that_takes_too_long_is_ended_and_the_next_one_runs() {
    let bed = Bed::start(&[Behaviour::Honest]).await;
    let connection = bed.connect(0).await.unwrap();
    let mut long = Part::new("script", "echo begun; sleep 60");
    long.timeout = Duration::from_millis(200);
    let started = Instant::now();
    let outputs = run(&connection, &[long, Part::new("script", "echo next")]).await.unwrap();
    assert_eq!((outputs[0].ended, outputs[0].stdout.for_human(99).as_str()), (Ended::TimedOut, "begun\n"));
    assert_eq!(outputs[1].stdout.for_human(99), "next\n");
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_run_that_is_interrupted_ends_the_whole_session() {
    let bed = Bed::start(&[Behaviour::Honest]).await;
    let connection = bed.connect(0).await.unwrap();
    let mut shell = connection.shell(None, &Nothing).await.unwrap();
    let cancel = CancellationToken::new();
    let (started, stop) = (Instant::now(), cancel.clone());
    let mut on = |_: usize, progress: Progress| {
        if matches!(progress, Progress::Started { .. }) {
            stop.cancel();
        }
    };
    let outputs = shell.run(&[Part::new("script", "sleep 60")], &mut on, &cancel).await.unwrap();
    assert_eq!(outputs[0].ended, Ended::Cancelled);
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn every_bad_behaviour_is_what_it_says() {
    use FaultKind::{Hostkey, Unreachable as No};
    let behaviours = [Behaviour::DropAfterBanner, Behaviour::OtherKey, Behaviour::Silent, Behaviour::NotSsh];
    let bed = Bed::start(&behaviours).await;
    let faults = join_all((0..behaviours.len()).map(|n| bed.connect(n))).await;
    let kinds: Vec<FaultKind> = faults.into_iter().map(|f| f.err().unwrap().kind).collect();
    use Unreachable::{BannerTimeout, NotSsh, Reset};
    assert_eq!(kinds, [No(Reset), Hostkey(HostKey::Changed), No(BannerTimeout), No(NotSsh)]);
    let started = Instant::now();
    bed.demo.stop().await;
    assert!(started.elapsed() < Duration::from_millis(900), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_slow_host_answers_late_and_a_flood_is_cut() {
    let slow = Duration::from_millis(400);
    let bed = Bed::start(&[Behaviour::Slow(slow), Behaviour::Flood, Behaviour::OpensChannels]).await;
    let started = Instant::now();
    let connection = bed.connect(0).await.unwrap();
    assert!(started.elapsed() < slow);
    let outputs = run(&connection, &[Part::new("script", "true"), Part::new("script", "true")]).await.unwrap();
    assert_eq!(outputs[1].ended, Ended::Status(0));
    assert!(started.elapsed() >= slow && started.elapsed() < 2 * slow);

    let connection = bed.connect(1).await.unwrap();
    let mut part = Part::new("script", "true").max_stdout(1_000);
    part.timeout = Duration::from_millis(300);
    let outputs = run(&connection, &[part]).await.unwrap();
    assert_eq!((outputs[0].ended, outputs[0].stdout.len(), outputs[0].truncated), (Ended::TimedOut, 1_000, true));

    let connection = bed.connect(2).await.unwrap();
    let outputs = run(&connection, &[Part::new("script", "true")]).await;
    assert!(outputs.is_err_and(|fault| fault.kind == FaultKind::Violation));
}

#[tokio::test]
async fn only_the_demo_s_own_key_logs_in() {
    let bed = Bed::start(&[Behaviour::Honest]).await;
    let other = Bed::start(&[]).await;
    let mut host = bed.demo.hosts()[0].clone();
    host.identity_files = vec![other.demo.identity_path().display().to_string()];
    let fault = bed.client.connect(&host, &[], &Nothing).await.err().unwrap();
    assert_eq!(fault.kind, FaultKind::Auth(Auth::Denied));
}
