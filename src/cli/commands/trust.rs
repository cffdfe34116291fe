use crate::cli::args::ConnectionArgs;
use crate::cli::error::CliError;
use crate::cli::settings::Settings;
use crate::cli::{exit, hosts, load, output, runtime};
use crate::inventory::Selection;
use crate::secret::Resolver;
use crate::ssh::Client;
use crate::ssh::known_hosts::Verdict;
use crate::store::Store;
use std::io::{self, IsTerminal, Write};

/// Fetch a host's key, show it, and record it as known
///
/// Compare the fingerprint with one obtained by other means: from the host's console, its provider or its owner. A key
/// that has changed is not recorded; find out why it changed, and remove the old line first.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Host in the inventory
    host: String,
    /// Record the key only if it has this fingerprint (SHA256:..), without asking
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
    let secrets = Resolver::new(!args.connection.no_prompt, output::spoken);
    runtime::wait(async {
        let client = Client::new(ssh).await?;
        let unreached =
            |fault: crate::model::Fault| CliError { code: exit::UNREACHABLE, text: format!("{}: {fault}", host.name) };
        let scanned = client.scan(host, &chain, &secrets).await.map_err(unreached)?;
        output::data(&format!("{}  {}  {}", host.name, scanned.kind, scanned.fingerprint))?;
        match &scanned.verdict {
            Verdict::Known => {
                output::remark("this key is already known");
                return Ok(exit::OK);
            }
            Verdict::Unknown => {}
            Verdict::Changed { .. } => {
                return Err(CliError::refused("a different key is recorded for this host; nothing was changed"));
            }
            Verdict::Revoked { .. } => {
                return Err(CliError::refused("this key is marked as revoked; nothing was changed"));
            }
        }
        let agreed = match &args.fingerprint {
            Some(expected) if *expected == scanned.fingerprint => true,
            Some(_) => return Err(CliError::refused("the fingerprint does not match; nothing was changed")),
            None => ask("record this key as known? Type yes: ")?,
        };
        if !agreed {
            return Err(CliError::refused("nothing was changed"));
        }
        client.trust(host, &scanned).await.map_err(|fault| CliError { code: exit::BUG, text: fault.to_string() })?;
        output::remark(&format!("recorded in {}", settings.state.join("known_hosts").display()));
        Ok(exit::OK)
    })
}

fn ask(question: &str) -> Result<bool, CliError> {
    if !io::stdin().is_terminal() {
        return Err(CliError::refused("no terminal to ask for confirmation; use --fingerprint SHA256:.."));
    }
    let _ = write!(io::stderr(), "{}", output::spoken(question));
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}
