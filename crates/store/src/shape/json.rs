//! Lists that are kept inside a row, as JSON. Written in one way, and read strictly: an unknown field
//! or a value that makes no sense is refused. Money is in minor units of the row's currency; quantities
//! and prices are text, as exact as they were.

use std::borrow::Cow;

use domain::{
    Currency, Decimal, Id, Money, Rate,
    rows::{Claim, Discount, Invoice, Line, LineKind, Target},
};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredLine<'a> {
    kind: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    description: Option<Cow<'a, str>>,
    quantity: Cow<'a, str>,
    unit_price: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    discount: Option<StoredDiscount>,
    taxable: bool,
    total: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time_entry: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expense: Option<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredDiscount {
    /// In basis points.
    Rate(u16),
    Fixed(i64),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredClaim<'a> {
    Invoice(#[serde(borrow)] Cow<'a, str>, i64),
    Retainer(#[serde(borrow)] Cow<'a, str>, i64),
}

pub(super) fn lines(lines: &[Line]) -> String {
    let stored: Vec<_> = lines.iter().map(stored_line).collect();
    written(&stored)
}

fn stored_line(line: &Line) -> StoredLine<'_> {
    StoredLine {
        kind: Cow::Borrowed(line.kind.name()),
        description: line.description.as_deref().map(Cow::Borrowed),
        quantity: Cow::Owned(line.quantity.to_string()),
        unit_price: Cow::Owned(line.unit_price.to_string()),
        discount: line.discount.map(|discount| match discount {
            Discount::Percentage(rate) => StoredDiscount::Rate(rate.basis_points()),
            Discount::Fixed(amount) => StoredDiscount::Fixed(amount.minor()),
        }),
        taxable: line.taxable,
        total: line.total.minor(),
        time_entry: line.time_entry.map(|id| Cow::Owned(id.to_string())),
        expense: line.expense.map(|id| Cow::Owned(id.to_string())),
    }
}

pub(super) fn read_lines(text: &str, currency: Currency) -> Result<Vec<Line>, String> {
    let stored: Vec<StoredLine<'_>> = read(text)?;
    stored.into_iter().map(|line| read_line(line, currency)).collect()
}

fn read_line(line: StoredLine<'_>, currency: Currency) -> Result<Line, String> {
    Ok(Line {
        kind: LineKind::from_name(&line.kind).ok_or(format!("unknown name `{}`", line.kind))?,
        description: line.description.map(Cow::into_owned),
        quantity: decimal(&line.quantity)?,
        unit_price: decimal(&line.unit_price)?,
        discount: line
            .discount
            .map(|discount| match discount {
                StoredDiscount::Rate(points) => Rate::from_basis_points(points)
                    .map(Discount::Percentage)
                    .ok_or(format!("{points} is no rate")),
                StoredDiscount::Fixed(minor) => {
                    Ok(Discount::Fixed(Money::from_minor(minor, currency)))
                }
            })
            .transpose()?,
        taxable: line.taxable,
        total: Money::from_minor(line.total, currency),
        time_entry: line.time_entry.as_deref().map(id).transpose()?,
        expense: line.expense.as_deref().map(id).transpose()?,
    })
}

pub(super) fn claims(claims: &[Claim]) -> String {
    if claims.is_empty() {
        return EMPTY.to_owned();
    }
    let stored = claims.iter().map(|claim| {
        let minor = claim.amount.minor();
        match claim.target {
            Target::Invoice(id) => StoredClaim::Invoice(Cow::Owned(id.to_string()), minor),
            Target::Retainer(id) => StoredClaim::Retainer(Cow::Owned(id.to_string()), minor),
        }
    });
    written(&stored.collect::<Vec<_>>())
}

pub(super) fn read_claims(text: &str, currency: Currency) -> Result<Vec<Claim>, String> {
    if text == EMPTY {
        return Ok(Vec::new());
    }
    let stored: Vec<StoredClaim<'_>> = read(text)?;
    let claim = |stored| {
        let (target, minor) = match stored {
            StoredClaim::Invoice(of, minor) => (Target::Invoice(id(&of)?), minor),
            StoredClaim::Retainer(of, minor) => (Target::Retainer(id(&of)?), minor),
        };
        Ok(Claim { target, amount: Money::from_minor(minor, currency) })
    };
    stored.into_iter().map(claim).collect()
}

pub(super) fn wanted(wanted: &[(Id<Invoice>, Money)]) -> String {
    if wanted.is_empty() {
        return EMPTY.to_owned();
    }
    let stored = wanted.iter().map(|(of, amount)| (of.to_string(), amount.minor()));
    written(&stored.collect::<Vec<_>>())
}

pub(super) fn read_wanted(
    text: &str,
    currency: Currency,
) -> Result<Vec<(Id<Invoice>, Money)>, String> {
    if text == EMPTY {
        return Ok(Vec::new());
    }
    let stored: Vec<(Cow<'_, str>, i64)> = read(text)?;
    let part =
        |(of, minor): (Cow<'_, str>, i64)| Ok((id(&of)?, Money::from_minor(minor, currency)));
    stored.into_iter().map(part).collect()
}

/// Most lists of payments are.
const EMPTY: &str = "[]";

fn written<T: Serialize>(list: &[T]) -> String {
    serde_json::to_string(list).expect("text and numbers can be written as JSON")
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn decimal(text: &str) -> Result<Decimal, String> {
    text.parse().map_err(|_| format!("`{text}` is no decimal"))
}

fn id<T>(text: &str) -> Result<Id<T>, String> {
    text.parse().map_err(|_| format!("`{text}` is no id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_lists_are_read_strictly() {
        let sar = Currency::SAR;
        let line =
            r#"[{"kind":"time","quantity":"1.5","unit_price":"200","taxable":true,"total":3}]"#;
        assert_eq!(lines(&read_lines(line, sar).unwrap()), line);
        let id = "64f1a2b3c4d5e6f708192a3b";
        let claim = format!(r#"[{{"invoice":["{id}",7]}},{{"retainer":["{id}",8]}}]"#);
        assert_eq!(claims(&read_claims(&claim, sar).unwrap()), claim);
        let part = format!(r#"[["{id}",7]]"#);
        assert_eq!(wanted(&read_wanted(&part, sar).unwrap()), part);
        for broken in [
            line.replace("time", "tea"),
            line.replace("\"1.5\"", "1.5"),
            line.replace("taxable", "taxed"),
            line.replace(":3}", ":3.5}"),
            line.replace(":3}", r#":3,"discount":{"rate":10001}}"#),
            line.replace(":3}", r#":3,"expense":"x"}"#),
            line.replace("}]", "}] "),
            line.replace("[{", "{").replace("}]", "}"),
        ] {
            let same = broken.ends_with(' ');
            assert_eq!(read_lines(&broken, sar).is_ok(), same, "{broken}");
        }
        for broken in [claim.replace("retainer", "client"), claim.replace(",7]", "]")] {
            assert!(read_claims(&broken, sar).is_err(), "{broken}");
        }
        assert!(read_wanted(r#"[["x",7]]"#, sar).is_err());
    }
}
