//! The signature of a second person under a plan: made and tried by `ssh-keygen`, with the keys that people log in with.

use super::error::CliError;
use super::settings::Settings;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What the signature is for: one for anything else is none.
const NAMESPACE: &str = "fleet-plan";
/// The keys that are tried when none is given, in the order in which ssh tries them.
const KEYS: &[&str] = &["id_ed25519", "id_ecdsa", "id_rsa"];

/// Where the signature of a plan lies.
pub fn beside(plan: &Path) -> PathBuf {
    let mut name = plan.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}

/// Signs the text of a plan, with the user's own key when none is given, and writes the signature beside it.
pub fn sign(settings: &Settings, plan: &Path, text: &str, key: Option<&Path>) -> Result<PathBuf, CliError> {
    let file = beside(plan);
    let own = || KEYS.iter().map(|name| settings.home.join(".ssh").join(name)).find(|path| path.exists());
    let key = key.map(Path::to_owned).or_else(own).ok_or_else(|| {
        CliError::invalid("there is no key of yours in ~/.ssh to sign with\n  give one with --key FILE")
    })?;
    let mut command = keygen("sign");
    command.arg("-f").arg(&key);
    let signed = run(command, text)?;
    if !signed.status.success() {
        return Err(CliError::invalid(format!("{}: ssh-keygen cannot sign with this key", key.display())));
    }
    let new = std::fs::OpenOptions::new().write(true).create_new(true).open(&file);
    new.and_then(|mut new| new.write_all(&signed.stdout)).map_err(|e| {
        let hint = if e.kind() == io::ErrorKind::AlreadyExists { "\n  remove it to sign anew" } else { "" };
        CliError::invalid(format!("{}: cannot be written: {e}{hint}", file.display()))
    })?;
    Ok(file)
}

/// Who of `allowed` (a file as `ssh-keygen` reads it: names and public keys) signed the text of a plan.
pub fn signer(plan: &Path, text: &str, allowed: &Path) -> Result<String, CliError> {
    let file = beside(plan);
    std::fs::File::open(allowed)
        .map_err(|e| CliError::invalid(format!("{}: the list of signers cannot be read: {e}", allowed.display())))?;
    let sign = format!("somebody of {} signs it with `fleet plan sign {}`", allowed.display(), plan.display());
    if !file.exists() {
        let text = format!("{}: a signature is required, and there is none", file.display());
        return Err(CliError::refused(format!("{text}\n  {sign}")));
    }
    let mut command = keygen("find-principals");
    command.arg("-f").arg(allowed).arg("-s").arg(&file).stderr(Stdio::null());
    let found = run(command, "")?;
    let names = String::from_utf8_lossy(&found.stdout).into_owned();
    if !found.status.success() || names.trim().is_empty() {
        let text = format!("{}: whoever signed is not among {}", file.display(), allowed.display());
        return Err(CliError::refused(format!("{text}\n  {sign}")));
    }
    for name in names.lines().map(str::trim).filter(|name| !name.is_empty()) {
        let mut command = keygen("verify");
        command.arg("-f").arg(allowed).arg("-I").arg(name).arg("-s").arg(&file);
        command.stderr(Stdio::null());
        if run(command, text)?.status.success() {
            return Ok(name.to_owned());
        }
    }
    let text = format!("{}: the signature is not of this plan", file.display());
    Err(CliError::refused(format!("{text}\n  remove it; {sign}")))
}

fn keygen(what: &str) -> Command {
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", what, "-n", NAMESPACE]);
    command
}

/// Runs it with this text on its standard input.
fn run(mut command: Command, text: &str) -> Result<Output, CliError> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => CliError::invalid(
            "ssh-keygen is not installed here, and signatures need it\n  install the OpenSSH client, 8.2 or newer",
        ),
        _ => CliError::invalid(format!("ssh-keygen cannot be run: {e}")),
    })?;
    let stdin = child.stdin.take();
    // It reads all before it says anything; one that ended early says why by its status.
    let _ = stdin.map(|mut stdin| stdin.write_all(text.as_bytes()));
    Ok(child.wait_with_output()?)
}
