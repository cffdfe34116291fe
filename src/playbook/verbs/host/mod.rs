//! What is true of any host.

pub mod os_support;
pub mod panel_support;
pub mod service;
pub mod copy;
