//! What is kept beside the business.

use domain::rows::AlertKind;

/// Which alerts.
#[derive(Debug, Clone, Copy, Default)]
pub struct AlertFilter {
    /// Only those raised for this.
    pub kind: Option<AlertKind>,
    /// Only those that nobody has acknowledged.
    pub open_only: bool,
}
