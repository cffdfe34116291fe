use crate::cli::error::CliError;
use crate::cli::replay::prior;
use crate::cli::settings::Settings;
use crate::cli::{exit, load, output, runtime};
use crate::model::Secret;
use crate::model::untrusted::clean_line;
use crate::secret::{self, Question};
use crate::store::Store;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Passwords: those that fleet needs, and those that it made
///
/// `set` and `delete` keep a password in the kernel's keyring, for `keyring:NAME` in an inventory. The value is typed at
/// the terminal and never stands in an argument. The keyring belongs to the login session and is gone after a reboot; for
/// what must outlive that, use `file:PATH`.
///
/// `reveal` hands over the passwords that a run set, once: they are forgotten here then.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Ask for the value and keep it
    Set { name: String },
    /// Forget it
    Delete { name: String },
    /// Hand over the passwords that a run set: to the terminal, or to a file for this user alone
    Reveal {
        /// The run: its name, a bare number for one of the newest day, or `last`
        run: String,
        /// Write them to this file (0600) instead of the terminal; it must not be there yet
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
}

/// Tells each password once. They are forgotten when they were written, and not before.
fn reveal(settings: &Settings, run: &str, to: Option<&Path>) -> Result<u8, CliError> {
    let mut store = Store::open(&settings.state)?;
    let run = store.find_run(run)?;
    let sealed = store.sealed(&run)?;
    if sealed.is_empty() {
        return Err(CliError::invalid(format!("run {run} set no password")));
    }
    let accounts: BTreeMap<_, _> = prior(&store, &run)?
        .into_values()
        .flatten()
        .map(|l| (l.op, l.change.rows.iter().map(|r| r.key().to_owned()).collect::<Vec<_>>().join(" ")))
        .collect();
    let vault = load::vault(settings)?;
    let (mut text, mut ops, mut told, mut open) = (String::new(), Vec::new(), Vec::new(), 0);
    for one in &sealed {
        let account = accounts.get(&one.op).map_or("?", String::as_str);
        match &one.sealed {
            Ok(sealed) => {
                let secret = vault.unseal(one.op.as_str(), sealed).map_err(CliError::invalid)?;
                let state = if one.state == "applied" { String::new() } else { format!("\t({})", one.state) };
                text.push_str(&format!("{}\t{}\t{}{state}\n", one.host, clean_line(account, 300), secret.expose()));
                // As long as it is not known whether it was set, it may have to be set once more.
                match one.state.as_str() {
                    "intended" | "unknown" => open += 1,
                    _ => ops.push(one.op.clone()),
                }
            }
            Err(when) => told.push(format!("{} {account}: handed over at {when}", one.host)),
        }
    }
    told.iter().for_each(|line| output::remark(line));
    if text.is_empty() {
        return Err(CliError::refused(format!("the passwords of run {run} were handed over before")));
    }
    let written = match to {
        Some(path) => OpenOptions::new().write(true).create_new(true).mode(0o600).open(path),
        None => OpenOptions::new().write(true).open("/dev/tty"),
    };
    let written = written.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        // It is the only place that has them from here on.
        to.map_or(Ok(()), |path| file.sync_all().and_then(|()| sync_folder_of(path)))
    });
    written.map_err(|e| match to {
        Some(path) => CliError::invalid(format!("{}: cannot be written: {e}; nothing was handed over", path.display())),
        None => CliError::invalid(format!("there is no terminal to show them on ({e}); give --to FILE")),
    })?;
    store.handed_over(&ops, jiff::Timestamp::now())?;
    if open > 0 {
        output::remark(&format!("{open} are kept: whether they were set is not known; settle it: fleet resume {run}"));
    }
    let what = if ops.len() == 1 { "password was" } else { "passwords were" };
    output::remark(&format!("{} {what} handed over, and forgotten here", ops.len()));
    Ok(exit::OK)
}

/// A file whose name is not on disk is lost with the power.
fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    if let What::Reveal { run, to } = &args.what {
        return reveal(settings, run, to.as_deref());
    }
    let runtime = runtime::runtime()?;
    let done = match &args.what {
        What::Set { name } => {
            let terminal = settings.terminal.as_ref();
            let terminal =
                terminal.ok_or_else(|| CliError::invalid("it must be typed, and no question may be asked now"))?;
            let typed = runtime.block_on(terminal.ask(Question::hidden(format!("{name}: "))));
            let typed = typed.map_err(CliError::invalid)?;
            if typed.is_empty() {
                return Err(CliError::invalid("nothing was typed; nothing was changed"));
            }
            runtime.block_on(secret::set(name, &Secret::new(typed)))
        }
        What::Delete { name } => runtime.block_on(secret::delete(name)),
        What::Reveal { .. } => Ok(()),
    };
    done.map_err(CliError::invalid)?;
    output::remark("done");
    Ok(exit::OK)
}
