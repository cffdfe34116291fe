use crate::cli::error::CliError;
use crate::cli::settings::{Settings, sample};
use crate::cli::{exit, output};
use crate::model::problem::{Place, Problem};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Create a sample fleet.toml, inventory.yaml, playbook and editor schemas; overwrites nothing
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Directory to write to; created if it does not exist
    #[arg(default_value = ".")]
    dir: PathBuf,
}

const INVENTORY: &str = "\
# yaml-language-server: $schema=./schema/inventory.schema.json
fleet: 1

# Defaults for all hosts.
defaults:
  user: root

# Uncomment and edit. `fleet help inventory` lists every field.
hosts: {}
#  mx01:
#    address: mx01.example.jp
#    tags: [plesk]
#  mx[02-04]:
#    address: 192.0.2.[12-14]
#    tags: [postfix]
#    user: ops
#    sudo: true
";

const PLAYBOOK: &str = "\
# yaml-language-server: $schema=../schema/playbook.schema.json
fleet: 1
name: hello
summary: Show the load of every host
mode: read-only
steps:
  - id: load
    name: Load and uptime
    command: { argv: [uptime], reads: true }
";

pub fn run(_: &Settings, args: Args) -> Result<u8, CliError> {
    let schema = |value: serde_json::Value| format!("{value:#}\n");
    let files = [
        ("fleet.toml", sample()),
        ("inventory.yaml", INVENTORY.to_owned()),
        ("playbooks/hello.yaml", PLAYBOOK.to_owned()),
        ("schema/inventory.schema.json", schema(crate::inventory::schema::json_schema())),
        ("schema/playbook.schema.json", schema(crate::playbook::json_schema())),
        (".gitignore", "/state/\n".to_owned()),
    ];
    for (name, text) in files {
        let path = args.dir.join(name);
        match write_new(&path, &text) {
            Ok(()) => output::lines(&format!("created  {}", path.display()))?,
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                output::lines(&format!("skipped  {} (already exists)", path.display()))?;
            }
            Err(e) => {
                let problem =
                    Problem::new(path.display().to_string(), Place::default(), format!("cannot be written: {e}"));
                return Err(problem.into());
            }
        }
    }
    output::remark(
        "\nNext:\n  edit inventory.yaml          add your servers\n  \
         fleet doctor all             check for problems\n  \
         fleet run audit --hosts all  look for mail abuse (read-only)",
    );
    Ok(exit::OK)
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}
