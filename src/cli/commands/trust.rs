use crate::cli::args::ConnectionArgs;
use crate::cli::error::CliError;
use crate::cli::questions::resolver;
use crate::cli::settings::Settings;
use crate::cli::{exit, hosts, load, output, runtime};
use crate::inventory::Selection;
use crate::secret::Question;
use crate::ssh::Client;
use crate::ssh::known_hosts::Verdict;
use crate::store::Store;

/// Look at a host's key and record it as known
///
/// Compare the fingerprint with one that came another way: from the host's console, its provider, its owner.
/// A key that has changed is not recorded; remove the old line first, when you know why it changed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A host of the inventory
    host: String,
    /// Record the key only if this is its fingerprint (SHA256:..); no question is asked
    #[arg(long)]
    fingerprint: Option<String>,
    #[command(flatten)]
    connection: ConnectionArgs,
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let inventory = load::inventory(settings)?;
    let selection = Selection { hosts: vec![args.host.clone()], ..Selection::default() };
    let hosts = inventory.select(&selection, &hosts::context(&selection, &Store::open(&settings.state)?)?)?;
    let [host] = hosts.as_slice() else {
        return Err(CliError::invalid("`fleet trust` takes one host at a time"));
    };
    let targets = hosts::targets(&inventory, &hosts)?;
    let chain: Vec<_> = targets.first().map(|t| t.chain.iter().map(AsRef::as_ref).collect()).unwrap_or_default();
    let ssh = hosts::ssh_settings(settings, &args.connection, None);
    let secrets = resolver(settings, &args.connection, &inventory, hosts.iter().map(|h| &h.name));
    runtime::wait(async {
        let client = Client::new(ssh).await?;
        let unreached =
            |fault: crate::model::Fault| CliError { code: exit::UNREACHABLE, text: format!("{}: {fault}", host.name) };
        let scanned = client.scan(host, &chain, &secrets).await.map_err(unreached)?;
        output::data(&format!("{}  {}  {}", host.name, scanned.kind, scanned.fingerprint))?;
        match &scanned.verdict {
            Verdict::Known => {
                output::remark("this key is known already");
                return Ok(exit::OK);
            }
            Verdict::Unknown => {}
            Verdict::Changed { .. } => {
                return Err(CliError::refused("another key is recorded for this host; nothing was changed"));
            }
            Verdict::Revoked { .. } => {
                return Err(CliError::refused("this key is marked as revoked; nothing was changed"));
            }
        }
        let agreed = match &args.fingerprint {
            Some(expected) if *expected == scanned.fingerprint => true,
            Some(_) => return Err(CliError::refused("that is not its fingerprint; nothing was changed")),
            None => match &settings.terminal {
                None => return Err(CliError::refused("nobody can be asked here; give --fingerprint SHA256:..")),
                Some(terminal) => {
                    let question = Question::below("", "record it as known? type yes: ");
                    terminal.ask(question).await.map_err(CliError::refused)?.trim() == "yes"
                }
            },
        };
        if !agreed {
            return Err(CliError::refused("nothing was changed"));
        }
        client.trust(host, &scanned).await.map_err(|fault| CliError { code: exit::BUG, text: fault.to_string() })?;
        output::remark(&format!("recorded in {}", settings.state.join("known_hosts").display()));
        Ok(exit::OK)
    })
}
