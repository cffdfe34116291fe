//! Ending a process tree on a host, and being sure of it.

use super::exchange::LIMIT;
use super::link::Link;
use super::shell::Shell;
use super::sudo::Root;
use crate::model::duration::human;
use crate::shell::{Process, kill};
use futures::future::BoxFuture;
use std::sync::Arc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Ends the tree of `process` over another channel, or another connection where the server allows no
/// second channel.
pub(super) fn end_tree(
    link: Arc<Link>,
    root: Root,
    process: Process,
    whole: bool,
) -> BoxFuture<'static, Result<(), String>> {
    Box::pin(async move {
        let work = async {
            let (link, channel, second) = match link.open().await.map_err(|e| e.text)? {
                Some(channel) => (link, channel, None),
                None => {
                    let again = link.again.as_ref().ok_or("no second channel")?;
                    let second = Arc::new(again().await.map_err(|e| e.to_string())?);
                    let channel = second.open().await.map_err(|e| e.text)?.ok_or("no second channel")?;
                    (second.clone(), channel, Some(second))
                }
            };
            let mut shell = Shell::start(link, channel, root, None).await.map_err(|e| e.to_string())?;
            let part = kill::part(process, whole);
            let outputs =
                shell.run(&[part], &mut |_, _| {}, &CancellationToken::new()).await.map_err(|e| e.to_string())?;
            let left = outputs.first().and_then(|o| o.stdout.parse(|bytes| kill::left(bytes).ok_or(())).ok());
            let _ = shell.close().await;
            if let Some(second) = second {
                second.close().await;
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
