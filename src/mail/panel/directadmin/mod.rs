//! DirectAdmin: found, and not supported.

use super::Panel;

pub struct DirectAdmin;

impl Panel for DirectAdmin {
    fn name(&self) -> &'static str {
        "directadmin"
    }

    fn detect(&self) -> &'static str {
        include_str!("detect.sh")
    }
}
