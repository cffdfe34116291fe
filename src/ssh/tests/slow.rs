//! Hosts that are honest and slow: a part may take as long as it is given, and every mark of it counts.

use super::sshd::Sshd;
use super::{NOBODY, client};
use crate::shell::{Ended, Part};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Longer than the grace of an END mark, than the deadline of a first mark, than a default timeout.
const SECONDS: [u64; 4] = [1, 6, 22, 65];
const TIMES: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_takes_long_ends_well_and_so_does_what_follows() {
    let sshd = Sshd::start("MaxStartups 200\nMaxSessions 200\n");
    let connection = client(sshd.path()).await.connect(&sshd.host(), &[], &NOBODY).await.unwrap();
    let connection = std::sync::Arc::new(connection);
    let mut running = tokio::task::JoinSet::new();
    for seconds in SECONDS.into_iter().flat_map(|s| [s; TIMES]) {
        let connection = connection.clone();
        running.spawn(async move {
            let mut shell = connection.shell(None, &NOBODY).await.unwrap();
            let go = CancellationToken::new();
            let slow = || Part {
                timeout: Duration::from_secs(90),
                ..Part::new("slow", format!("echo before; sleep {seconds}; echo after; echo late >&2"))
            };
            let mut outputs = shell.run(&[slow(), Part::new("next", "echo next")], &mut |_, _| {}, &go).await.unwrap();
            // A change is a batch of its own, on the same shell.
            outputs.extend(shell.run(&[Part::new("change", "echo change >&2")], &mut |_, _| {}, &go).await.unwrap());
            let fault = shell.fault().cloned();
            (seconds, outputs, fault)
        });
    }
    while let Some(done) = running.join_next().await {
        let (seconds, outputs, fault) = done.unwrap();
        assert_eq!(fault, None, "{seconds} s");
        assert!(outputs.iter().all(|o| o.ended == Ended::Status(0)), "{seconds} s: {outputs:?}");
        assert_eq!(outputs[0].stdout.for_human(99), "before\nafter\n", "{seconds} s");
        let said: Vec<String> = outputs.iter().map(|o| o.stderr.for_human(99)).collect();
        assert_eq!(said, ["late\n", "", "change\n"], "{seconds} s");
    }
}
