use crate::cli::error::CliError;
use crate::cli::settings::{Settings, terminal_width};
use crate::cli::{exit, hosts, load, output};
use crate::inventory::{Expect, Inventory, Selection, fold};
use crate::model::Host;
use crate::report::columns;
use crate::store::Store;
use serde_json::{Value, json};

/// Which hosts a selector means; contacts nobody
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleet hosts all
  fleet hosts 'mx[01-20] & tag:plesk' --explain
  fleet hosts 'last:unreachable' --fold

`fleet help selectors` explains the language.")]
pub struct Args {
    /// Selectors; several: any of them
    #[arg(required_unless_present = "hosts", value_name = "SELECTOR")]
    selectors: Vec<String>,
    /// The same, as other commands spell it
    #[arg(long, value_name = "SELECTOR")]
    hosts: Vec<String>,
    /// Keep only hosts that this selects too
    #[arg(short, long, value_name = "SELECTOR")]
    limit: Vec<String>,
    /// Leave these out
    #[arg(long, value_name = "SELECTOR")]
    exclude: Vec<String>,
    /// Fail unless this many are selected: N or A..B
    #[arg(long, value_name = "COUNT")]
    expect: Option<String>,
    /// A variable of every host, over the inventory's
    #[arg(short = 'e', long = "extra-var", value_name = "NAME=VALUE")]
    extra_vars: Vec<String>,
    /// Say why each host is in, and where its values come from
    #[arg(long, conflicts_with_all = ["count", "fold"])]
    explain: bool,
    /// Only the number
    #[arg(long, conflicts_with = "fold")]
    count: bool,
    /// Only the names, folded: mx[01-09,11]
    #[arg(long)]
    fold: bool,
}

/// The values whose origin is worth telling.
const TOLD: &[&str] = &["address", "port", "user", "jump", "sudo", "password", "identity_files", "legacy_ssh", "panel"];

pub fn run(settings: &Settings, args: Args) -> Result<u8, CliError> {
    let mut inventory = load::inventory(settings)?;
    let selection = Selection {
        hosts: args.selectors.into_iter().chain(args.hosts).collect(),
        limit: args.limit,
        exclude: args.exclude,
        expect: args.expect.as_deref().map(Expect::parse).transpose()?,
    };
    let context = hosts::context(&selection, &Store::open_to_read(&settings.state)?)?;
    let why: Vec<_> =
        inventory.explain(&selection, &context)?.into_iter().map(|(h, why)| (h.name.clone(), why)).collect();
    let names: Vec<_> = why.iter().map(|(name, _)| name.clone()).collect();
    let connection = crate::cli::args::ConnectionArgs { extra_vars: args.extra_vars, ..Default::default() };
    inventory.override_hosts(&names, hosts::overrides(&connection)?);
    let hosts: Vec<&Host> = names.iter().filter_map(|name| inventory.host(name)).collect();

    if args.count {
        output::data(&hosts.len().to_string())?;
    } else if args.fold {
        output::data(&fold::fold(&names))?;
    } else if !settings.format.for_people {
        let rows: Vec<Value> =
            hosts.iter().zip(&why).map(|(host, (_, why))| document(host, why, args.explain)).collect();
        output::document(settings, &json!({"schema_version": 1, "hosts": rows}))?;
    } else if args.explain {
        let texts: Vec<String> =
            hosts.iter().zip(&why).map(|(host, (_, why))| explain(&inventory, host, why)).collect();
        output::data(&texts.concat())?;
    } else {
        let rows: Vec<Vec<String>> = hosts.iter().map(|host| row(host)).collect();
        let header = ["HOST", "ADDRESS", "USER", "PANEL", "CUSTOMER", "TAGS", "GROUPS"];
        output::data(&columns(&rows, &header, usize::from(terminal_width())))?;
    }
    Ok(exit::OK)
}

fn joined<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> String {
    words.into_iter().map(|w| w.as_ref().to_owned()).collect::<Vec<_>>().join(" ")
}

fn row(host: &Host) -> Vec<String> {
    let address = match (host.port, host.address.contains(':')) {
        (22, _) => host.address.clone(),
        (port, true) => format!("[{}]:{port}", host.address),
        (port, false) => format!("{}:{port}", host.address),
    };
    let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
    vec![
        host.name.to_string(),
        address,
        host.user.clone(),
        word(&host.panel),
        word(&host.customer),
        joined(&host.tags),
        joined(&host.groups),
    ]
}

fn explain(inventory: &Inventory, host: &Host, why: &str) -> String {
    let mut text = format!("{}: {why}\n", host.name);
    let shown = serde_json::to_value(host).unwrap_or_default();
    let vars = host.vars.keys().map(|name| format!("vars.{name}"));
    for field in TOLD.iter().map(|f| (*f).to_owned()).chain(vars) {
        let value = shown.pointer(&format!("/{}", field.replacen('.', "/", 1))).unwrap_or(&Value::Null);
        let origin = inventory.origin(&host.name, &field).filter(|o| o.level != crate::inventory::Level::BuiltIn);
        if let Some(origin) = origin {
            text.push_str(&format!("    {field} = {value}  ({origin})\n"));
        }
    }
    text
}

fn document(host: &Host, why: &str, explain: bool) -> Value {
    let mut value = serde_json::to_value(host).unwrap_or_default();
    if let (true, Some(object)) = (explain, value.as_object_mut()) {
        object.insert("why".into(), why.into());
    }
    value
}
