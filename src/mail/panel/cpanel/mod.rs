//! cPanel: found, and not supported.

use super::Panel;

pub struct Cpanel;

impl Panel for Cpanel {
    fn name(&self) -> &'static str {
        "cpanel"
    }

    fn detect(&self) -> &'static str {
        include_str!("detect.sh")
    }
}
