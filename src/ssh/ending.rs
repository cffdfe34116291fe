//! Ending a process tree on a host, and being sure of it.

use super::connection::Link;
use super::shell::Shell;
use super::sudo::Root;
use crate::model::duration::human;
use crate::shell::kill;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long it may take: a connection, a channel, and the script's own waits.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// Ends the process tree of `pid` over another channel, or another connection where the server allows no
/// second channel.
pub(super) fn end_tree(link: Arc<Link>, root: Root, pid: u32, whole: bool) -> BoxFuture<'static, Result<(), String>> {
    Box::pin(async move {
        let work = async {
            let (via, connection) = match link.open().await.map_err(|e| e.text)? {
                Some(channel) => ((link, channel), None),
                None => {
                    let again = link.again.as_ref().ok_or("no second channel")?;
                    let connection = again.connect().await.map_err(|e| e.to_string())?;
                    let second = connection.link();
                    let channel = second.open().await.map_err(|e| e.text)?.ok_or("no second channel")?;
                    ((second, channel), Some(connection))
                }
            };
            let mut shell = Shell::start(via.0, via.1, root).await.map_err(|e| e.to_string())?;
            shell.forbid_kill();
            let part = kill::part(pid, whole);
            let outputs =
                shell.run(&[part], &mut |_, _| {}, &CancellationToken::new()).await.map_err(|e| e.to_string())?;
            let left = outputs.first().and_then(|o| o.stdout.parse(|bytes| kill::left(bytes).ok_or(())).ok());
            let _ = shell.close().await;
            if let Some(connection) = connection {
                connection.close().await;
            }
            match left {
                Some(0) => Ok(()),
                Some(n) => Err(format!("{n} of its processes are still there")),
                None => Err("no answer from the host".to_owned()),
            }
        };
        timeout(LIMIT, work).await.unwrap_or_else(|_| Err(format!("not within {}", human(LIMIT))))
    })
}
