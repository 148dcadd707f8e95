//! What an invoice's lines add up to: exact, rounded half up once a line and once for the VAT.
//!
//! Totals that a caller sends are compared with ours and never used.

use crate::{
    decision::{Decision, Stop},
    id::Ref,
    money::{Currency, Decimal, Money, MoneyError, Rate},
    rejection::Rejection,
    rows::{Discount, Expense, Line, LineKind, TimeEntry, Totals},
};

/// Most lines of an invoice.
pub const LINES_COUNT_MAX: usize = 200;

/// A line as a caller gives it.
#[derive(Debug, Clone)]
pub struct LineInput {
    /// What it stands for.
    pub kind: LineKind,
    /// As printed.
    pub description: Option<String>,
    /// How many; one when absent.
    pub quantity: Option<Decimal>,
    /// The price of one; zero when absent.
    pub unit_price: Option<Decimal>,
    /// What is taken off it.
    pub discount: Option<DiscountInput>,
    /// Whether VAT is due on it.
    pub taxable: bool,
    /// The work it bills.
    pub time_entry: Option<Ref<TimeEntry>>,
    /// The outlay it bills.
    pub expense: Option<Ref<Expense>>,
}

/// A discount as a caller gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscountInput {
    /// In percent, 0 to 100.
    Percentage(Decimal),
    /// In the invoice's currency.
    Fixed(Decimal),
}

/// Totals as a caller has worked them out; absent ones are not compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct TotalsInput {
    /// Lines before discounts.
    pub subtotal: Option<Decimal>,
    /// Everything taken off.
    pub discount: Option<Decimal>,
    /// The VAT.
    pub vat: Option<Decimal>,
    /// What is owed.
    pub total: Option<Decimal>,
}

/// The lines, read and worked out.
///
/// # Errors
/// [`Rejection::LinesRequired`], [`Rejection::TooManyLines`], [`Rejection::LineInvalid`],
/// [`Rejection::DiscountInvalid`], [`Rejection::Amount`], `time_entry_not_found`,
/// `expense_not_found`
pub(crate) fn read(
    d: &Decision<'_>,
    lines: &[LineInput],
    currency: Currency,
) -> Result<Vec<Line>, Stop> {
    if !lines.iter().any(|line| line.kind.carries_amount()) {
        return Err(Rejection::LinesRequired.into());
    }
    if lines.len() > LINES_COUNT_MAX {
        return Err(Rejection::TooManyLines.into());
    }
    lines.iter().map(|line| read_line(d, line, currency)).collect()
}

fn read_line(d: &Decision<'_>, line: &LineInput, currency: Currency) -> Result<Line, Stop> {
    let quantity = line.quantity.unwrap_or(Decimal::whole(1));
    let unit_price = line.unit_price.unwrap_or(Decimal::whole(0));
    if !quantity.is_quantity() || !unit_price.is_quantity() {
        return Err(Rejection::LineInvalid.into());
    }
    let gross = gross(line.kind, quantity, unit_price, currency)?;
    let discount = line.discount.map(|off| read_discount(off, currency)).transpose()?;
    let total = gross.minus(taken_off(discount, gross)?)?;
    Ok(Line {
        kind: line.kind,
        description: line.description.clone(),
        quantity,
        unit_price,
        discount,
        taxable: line.taxable,
        total,
        time_entry: d.find_option(line.time_entry.as_ref())?.map(|entry| entry.id),
        expense: d.find_option(line.expense.as_ref())?.map(|expense| expense.id),
    })
}

/// A discount in the invoice's terms.
///
/// # Errors
/// [`Rejection::DiscountInvalid`], [`Rejection::Amount`]
pub(crate) fn read_discount(
    discount: DiscountInput,
    currency: Currency,
) -> Result<Discount, Rejection> {
    match discount {
        DiscountInput::Percentage(percent) => {
            Rate::from_percent(percent).map(Discount::Percentage).ok_or(Rejection::DiscountInvalid)
        }
        DiscountInput::Fixed(amount) => Ok(Discount::Fixed(amount.money(currency)?)),
    }
}

fn gross(
    kind: LineKind,
    quantity: Decimal,
    unit_price: Decimal,
    currency: Currency,
) -> Result<Money, MoneyError> {
    if kind.carries_amount() {
        quantity.times(unit_price)?.rounded(currency)
    } else {
        Ok(Money::zero(currency))
    }
}

/// What a discount takes off `whole`; never more than there is.
fn taken_off(discount: Option<Discount>, whole: Money) -> Result<Money, Rejection> {
    let off = match discount {
        None => Money::zero(whole.currency()),
        Some(Discount::Percentage(rate)) => rate.of(whole)?,
        Some(Discount::Fixed(amount)) => amount,
    };
    whole.minus(off)?;
    if whole.covers(off) { Ok(off) } else { Err(Rejection::DiscountInvalid) }
}

/// One side of an invoice: what VAT is due on, or what it is not.
#[derive(Clone, Copy)]
struct Part {
    gross: Money,
    off: Money,
}

impl Part {
    fn add(&mut self, line: &Line) -> Result<(), Rejection> {
        let gross = gross(line.kind, line.quantity, line.unit_price, line.total.currency())?;
        if line.kind == LineKind::Discount {
            self.off = self.off.plus(line.total)?;
        } else {
            self.gross = self.gross.plus(gross)?;
            self.off = self.off.plus(gross.minus(line.total)?)?;
        }
        Ok(())
    }

    fn net(self) -> Result<Money, Rejection> {
        if self.gross.covers(self.off) {
            Ok(self.gross.minus(self.off)?)
        } else {
            Err(Rejection::DiscountInvalid)
        }
    }
}

/// Adds lines up. A discount on the whole is spread over both sides pro rata, the remainder of the
/// rounding to the taxable one.
///
/// # Errors
/// [`Rejection::DiscountInvalid`]; [`Rejection::Amount`] if nothing is left, or too much.
pub fn totals(
    lines: &[Line],
    discount: Option<Discount>,
    vat_rate: Rate,
    currency: Currency,
) -> Result<Totals, Rejection> {
    let nothing = Part { gross: Money::zero(currency), off: Money::zero(currency) };
    let (mut taxed, mut exempt) = (nothing, nothing);
    for line in lines {
        if line.taxable { taxed.add(line)? } else { exempt.add(line)? }
    }
    let (taxed_net, exempt_net) = (taxed.net()?, exempt.net()?);
    let net = taxed_net.plus(exempt_net)?;
    let off = taken_off(discount, net)?;
    let exempt_off =
        if net.is_zero() { off } else { off.part_below(exempt_net.minor(), net.minor())? };
    let taxable = taxed_net.minus(off.minus(exempt_off)?)?;
    // Rounding down the exempt side can ask one minor unit too much of a tiny taxable side.
    let spill = if taxable.minor() < 0 { taxable.negated() } else { Money::zero(currency) };
    let (taxable, exempt_left) =
        (taxable.plus(spill)?, exempt_net.minus(exempt_off)?.minus(spill)?);
    let vat = vat_rate.of(taxable)?;
    let total = taxable.plus(exempt_left)?.plus(vat)?;
    if total.is_zero() {
        return Err(MoneyError::NotPositive.into());
    }
    if total.minor() > crate::money::AMOUNT_MINOR_MAX {
        return Err(MoneyError::TooLarge.into());
    }
    Ok(Totals {
        subtotal: taxed.gross.plus(exempt.gross)?,
        discount: taxed.off.plus(exempt.off)?.plus(off)?,
        taxable,
        vat,
        total,
    })
}

/// Refuses totals that are off by more than a cent, and half a cent for every line.
///
/// # Errors
/// [`Rejection::TotalsMismatch`]
pub(crate) fn compare(sent: TotalsInput, ours: Totals, line_count: usize) -> Result<(), Rejection> {
    let half_minors = i64::try_from(line_count).unwrap_or(i64::MAX).saturating_add(2);
    let pairs = [
        (sent.subtotal, ours.subtotal),
        (sent.discount, ours.discount),
        (sent.vat, ours.vat),
        (sent.total, ours.total),
    ];
    let holds = |(sent, ours): (Option<Decimal>, Money)| {
        sent.is_none_or(|sent| sent.is_near(ours, half_minors))
    };
    if pairs.into_iter().all(holds) { Ok(()) } else { Err(Rejection::TotalsMismatch) }
}
