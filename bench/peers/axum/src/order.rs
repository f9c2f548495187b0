//! The order event of `bench/contracts/orders.ts` with serde. Rules that types cannot express are checked by hand.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::tidy;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Order {
    id: String,
    r#type: String,
    #[serde(deserialize_with = "whole")]
    version: u64,
    occurred_at: String,
    tenant: String,
    customer: Customer,
    shipping: Address,
    // With a custom function, serde requires the member even though it may be null.
    #[serde(deserialize_with = "Option::deserialize")]
    billing: Option<Address>,
    lines: Vec<Line>,
    payment: Payment,
    discount: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    meta: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Customer {
    id: String,
    email: String,
    #[serde(deserialize_with = "Option::deserialize")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Address {
    name: String,
    street: String,
    city: String,
    zip: String,
    country: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Line {
    sku: String,
    title: String,
    #[serde(deserialize_with = "whole")]
    qty: u64,
    unit: Unit,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attrs: Option<BTreeMap<String, Scalar>>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Unit {
    #[serde(deserialize_with = "whole")]
    amount: u64,
    currency: Currency,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum Currency {
    Eur,
    Usd,
    Gbp,
}

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Number(f64),
    Bool(bool),
}

#[derive(Deserialize, Serialize)]
#[serde(tag = "method", rename_all = "lowercase", deny_unknown_fields)]
enum Payment {
    Card {
        last4: String,
        brand: Brand,
    },
    Sepa {
        iban: String,
    },
    #[serde(rename_all = "camelCase")]
    Invoice {
        #[serde(deserialize_with = "whole")]
        due_days: u64,
    },
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Brand {
    Visa,
    Mc,
    Amex,
}

/// JSON has one kind of number: `3`, `3.0` and `3e0` are the same integer.
fn whole<'de, D: Deserializer<'de>>(source: D) -> Result<u64, D::Error> {
    let value = f64::deserialize(source)?;
    // Above 2^53 not every integer is a double.
    if value.fract() == 0.0 && (0.0..9_007_199_254_740_992.0).contains(&value) {
        Ok(value as u64)
    } else {
        Err(D::Error::custom("not a whole number"))
    }
}

impl Order {
    /// Normalizes the strings; false when the order is not valid.
    pub fn normalize_and_check(&mut self) -> bool {
        self.tenant = tidy::lower(&self.tenant);
        self.customer.email = tidy::lower(&self.customer.email);
        let billing = self.billing.as_mut().map(|address| &mut address.name);
        let names = [self.customer.name.as_mut(), Some(&mut self.shipping.name), billing];
        for name in names.into_iter().flatten() {
            *name = tidy::name(name);
        }
        is_uuid(&self.id)
            && self.r#type == "order.created"
            && self.version == 1
            && is_timestamp(&self.occurred_at)
            && sized(&self.tenant, 1, 64)
            && self.customer.is_right()
            && self.shipping.is_right()
            && self.billing.as_ref().is_none_or(Address::is_right)
            && (1..=200).contains(&self.lines.len())
            && self.lines.iter().all(Line::is_right)
            && self.payment.is_right()
            && (0.0..=1.0).contains(&self.discount)
            && (self.discount * 100.0 - (self.discount * 100.0).round()).abs() < 1e-9
            && self.note.as_ref().is_none_or(|note| sized(note, 0, 2000))
    }
}

impl Customer {
    fn is_right(&self) -> bool {
        is_uuid(&self.id) && is_email(&self.email) && self.phone.as_deref().is_none_or(is_e164)
    }
}

impl Address {
    fn is_right(&self) -> bool {
        sized(&self.name, 1, 120)
            && sized(&self.street, 0, 200)
            && sized(&self.city, 0, 100)
            && sized(&self.zip, 0, 12)
            && sized(&self.country, 2, 2)
    }
}

impl Line {
    fn is_right(&self) -> bool {
        sized(&self.sku, 3, 40)
            && self.sku.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'-')
            && sized(&self.title, 1, 200)
            && (1..=9999).contains(&self.qty)
            && self.tags.as_ref().is_none_or(|tags| tags.len() <= 16 && tags.iter().all(|tag| sized(tag, 0, 32)))
            && self.attrs.as_ref().is_none_or(|attrs| attrs.keys().all(|key| sized(key, 0, 64)))
    }
}

impl Payment {
    fn is_right(&self) -> bool {
        match self {
            Self::Card { last4, .. } => last4.len() == 4 && last4.bytes().all(|c| c.is_ascii_digit()),
            Self::Sepa { iban } => sized(iban, 15, 34),
            Self::Invoice { due_days } => *due_days <= 120,
        }
    }
}

/// Checks that the length in characters is between `min` and `max`.
fn sized(text: &str, min: usize, max: usize) -> bool {
    if text.len() <= max && text.is_ascii() {
        return text.len() >= min;
    }
    (min..=max).contains(&text.chars().count())
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == b'-',
            _ => c.is_ascii_hexdigit(),
        })
}

/// `2025-03-01T12:00:00`, an optional fraction, then `Z` or an offset.
fn is_timestamp(text: &str) -> bool {
    let Some((second, rest)) = text.split_at_checked(19) else { return false };
    let shape = second
        .bytes()
        .zip(*b"dddd-dd-ddTdd:dd:dd")
        .all(|(c, want)| if want == b'd' { c.is_ascii_digit() } else { c == want });
    let zone = rest.strip_prefix('.').map_or(rest, |more| more.trim_start_matches(|c: char| c.is_ascii_digit()));
    shape
        && (zone == "Z"
            || (zone.len() == 6
                && zone.bytes().zip(*b"+dd:dd").all(|(c, want)| match want {
                    b'd' => c.is_ascii_digit(),
                    b'+' => c == b'+' || c == b'-',
                    _ => c == want,
                })))
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let plain = |part: &str, also: &[u8]| {
        !part.is_empty() && part.bytes().all(|c| c.is_ascii_alphanumeric() || also.contains(&c))
    };
    plain(local, b"_'+-.") && domain.contains('.') && domain.split('.').all(|label| plain(label, b"-"))
}

fn is_e164(text: &str) -> bool {
    text.strip_prefix('+')
        .is_some_and(|digits| (7..=15).contains(&digits.len()) && digits.bytes().all(|c| c.is_ascii_digit()))
}
