use crate::cli::args::{ConnectionArgs, PaceArgs, SelectionArgs};
use crate::cli::error::CliError;
use crate::cli::settings::Settings;
use crate::cli::{exit, load, output, runtime, signals, start};
use crate::demo::Demo;
use std::path::Path;

/// See it work: a real audit over real SSH, on servers inside this process
///
/// Starts mail servers that live in this process and listen on 127.0.0.1, with keys made on the spot: among
/// them a stolen account, a script that sends, an OS past maintenance, and hosts that misbehave. Then runs the
/// built-in audit through the same client that your own servers will see. Nothing is left behind.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many servers
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=5000))]
    hosts: u32,
    /// Leave the servers up until Ctrl-C and print what to type in another terminal
    #[arg(long)]
    keep: bool,
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let folder = tempfile::Builder::new().prefix("fleet-demo-").tempdir()?;
    runtime::descriptors();
    let servers = runtime::runtime()?;
    let count = usize::try_from(args.hosts).unwrap_or(usize::MAX);
    let demo = servers
        .block_on(Demo::start(count, folder.path()))
        .map_err(|e| CliError::refused(format!("the demo cannot start: {e}")))?;
    if args.keep {
        output::data(&kept(folder.path()))?;
        servers.block_on(async {
            let mut interrupts = signals::interrupts()?;
            interrupts.recv().await;
            demo.stop().await;
            Ok::<_, CliError>(())
        })?;
        return Ok(exit::OK);
    }
    output::remark(&format!("{count} servers are up on 127.0.0.1; auditing them over SSH\n"));
    let code = audit(settings, folder.path())?;
    servers.block_on(demo.stop());
    if matches!(code, exit::INTERRUPTED | exit::TERMINATED | exit::OUTPUT | exit::BUG) {
        return Ok(code);
    }
    output::remark(&format!(
        "\nOn your own servers this run would have ended with exit code {code} (`fleet help exit-codes`).\n\n\
         Next:\n  fleet demo --keep      leave the servers up and look around\n  \
         fleet demo --hosts 1000\n  fleet init             set up for your own servers"
    ));
    Ok(exit::OK)
}

/// The built-in audit of all hosts, with the demo's own inventory, host keys and state.
fn audit(settings: &Settings, folder: &Path) -> Result<u8, CliError> {
    let settings =
        Settings { inventory: vec![folder.join("inventory.yaml")], state: folder.join("state"), ..settings.clone() };
    let connection =
        ConnectionArgs { known_hosts: vec![folder.join("known_hosts")], no_prompt: true, ..ConnectionArgs::default() };
    let (selection, pace) =
        (SelectionArgs { hosts: vec!["all".into()], ..SelectionArgs::default() }, PaceArgs::default());
    let order = start::Order {
        fail_on: Some(crate::model::Level::High),
        ..start::Order::new(load::embedded("audit")?, Default::default(), &selection, &connection, &pace)
    };
    start::run(&settings, order)
}

fn kept(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "The servers are up until Ctrl-C. In another terminal:\n\n\
         export FLEET_INVENTORY={folder}/inventory.yaml FLEET_STATE={folder}/state FLEET_KNOWN_HOSTS={folder}/known_hosts\n\
         fleet hosts all\n\
         fleet run audit --hosts tag:plesk\n\
         fleet exec --hosts all --reads -- uptime\n\
         fleet show last --output json"
    )
}
