//! Payments and refunds.

use domain::{
    Currency, Id, Money, Ref,
    id::User,
    rows::{Case, Client, Invoice, Payment, PaymentMethod, PaymentStatus, PaymentType, Refund},
};

use super::{Days, Order};

/// A payment, and the rows it names.
#[derive(Debug, Clone, PartialEq)]
pub struct PaymentView {
    /// The payment.
    pub payment: Payment,
    /// Who paid, if it is a client's money.
    pub client: Option<Client>,
    /// The matter, if it names one.
    pub case: Option<Case>,
    /// The invoice, if it names one.
    pub invoice: Option<Invoice>,
}

/// Which payments.
#[derive(Debug, Clone, Default)]
pub struct PaymentFilter {
    /// Only those of the client linked to this login.
    pub own: Option<Id<User>>,
    /// Only these statuses; empty: all.
    pub statuses: Vec<PaymentStatus>,
    /// Only those that came so.
    pub method: Option<PaymentMethod>,
    /// Only those that are for this.
    pub kind: Option<PaymentType>,
    /// Only this client's.
    pub client: Option<Ref<Client>>,
    /// Only those that name this invoice, or were ever set against it.
    pub invoice: Option<Ref<Invoice>>,
    /// Only this matter's.
    pub case: Option<Ref<Case>>,
    /// Only those made on these days.
    pub days: Days,
    /// Only those that were found in the bank's books; `false`: received ones that were not.
    pub is_reconciled: Option<bool>,
    /// Only cheques that have come neither to money nor back.
    pub pending_checks: bool,
    /// In this order.
    pub order: Order<PaymentSort>,
}

/// What payments can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PaymentSort {
    /// When they were recorded.
    #[default]
    Created,
    /// The day they were made.
    Day,
    /// How much, whatever the currency.
    Amount,
    /// Their number.
    Number,
}

/// Payments of one status and currency, counted and added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentSum {
    /// The status.
    pub status: PaymentStatus,
    /// How many.
    pub count: u64,
    /// Σ amounts.
    pub total: Money,
}

/// What payments in one currency add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentStats {
    /// Those that have arrived, whatever was returned of them since.
    pub completed: (u64, Money),
    /// Those that are expected.
    pub pending: (u64, Money),
    /// Those that did not arrive.
    pub failed: (u64, Money),
    /// Refunds.
    pub refunded: (u64, Money),
    /// Those made on the days asked for that have arrived.
    pub recent: (u64, Money),
    /// Σ what nothing has claimed yet.
    pub unapplied: Money,
}

impl PaymentStats {
    /// Nothing at all.
    pub(crate) const fn zero(currency: Currency) -> Self {
        let nothing = (0, Money::zero(currency));
        Self {
            completed: nothing,
            pending: nothing,
            failed: nothing,
            refunded: nothing,
            recent: nothing,
            unapplied: Money::zero(currency),
        }
    }

    /// The currency of all its amounts.
    pub const fn currency(&self) -> Currency {
        self.unapplied.currency()
    }
}

/// A refund, the payment it returns, and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct RefundView {
    /// The refund.
    pub refund: Refund,
    /// The payment.
    pub payment: Payment,
    /// The client.
    pub client: Client,
    /// The payment's matter, if it names one.
    pub case: Option<Case>,
}
