use crate::cli::error::CliError;
use crate::cli::settings::{Settings, sample};
use crate::cli::{exit, output};
use crate::model::problem::{Place, Problem};
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Write a first fleet.toml, inventory.yaml, playbook and editor schemas; overwrites nothing
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where; made when it is absent
    #[arg(default_value = ".")]
    dir: PathBuf,
}

const INVENTORY: &str = "\
# yaml-language-server: $schema=./schema/inventory.schema.json
fleet: 1

# What holds for every host that does not say otherwise.
defaults:
  user: root

# Take the marks away and write your own. `fleet help inventory` lists every field.
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
summary: Ask every host how it is
mode: read-only
steps:
  - id: load
    name: load and uptime
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
            Ok(()) => output::data(&format!("wrote  {}", path.display()))?,
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                output::data(&format!("kept   {} (it was there already)", path.display()))?;
            }
            Err(e) => {
                let problem =
                    Problem::new(path.display().to_string(), Place::default(), format!("cannot be written: {e}"));
                return Err(problem.into());
            }
        }
    }
    output::remark(
        "\nNext:\n  edit inventory.yaml          name your servers\n  \
         fleet doctor all             what is wrong, and how to mend it\n  \
         fleet run audit --hosts all  look for mail abuse; changes nothing",
    );
    Ok(exit::OK)
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o755).create(parent)?;
    }
    // Whatever the umask: what a group may write is not obeyed.
    OpenOptions::new().write(true).create_new(true).mode(0o644).open(path)?.write_all(text.as_bytes())
}
