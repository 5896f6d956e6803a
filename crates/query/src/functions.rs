//! What SQL can say about addresses. In: address columns and texts. Out: four functions. Never: a text that is no address taken as one that matches nothing.

use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, FixedSizeBinaryArray, StringArray,
    builder::FixedSizeBinaryBuilder,
};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::cast::{as_fixed_size_binary_array, as_string_array};
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, lit,
};
use sakimori_custody::ids::RecordId;
use sakimori_custody::record::{address, address_bytes};
use sakimori_lake::Prefix;
use std::net::IpAddr;
use std::sync::Arc;

/// The type of an address: 16 bytes, IPv4 mapped. Nothing else in `records` has it.
pub(crate) const ADDRESS: DataType = DataType::FixedSizeBinary(16);

/// What `address` says of a text in a row. The text itself is the row's.
pub(crate) const NO_ADDRESS: &str =
    "address() was given a text that is not an address such as 203.0.113.7 or 2001:db8::1";

/// What `in_prefix` says of a text in a row.
pub(crate) const NO_PREFIX: &str =
    "in_prefix() was given a text that is not an address or a prefix such as 198.51.100.0/24";

/// A function from columns to a column.
type Body = fn(&[ArrayRef]) -> Result<ArrayRef>;

/// One of the functions below.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Function {
    name: &'static str,
    signature: Signature,
    returns: DataType,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    RecordId,
    Ip,
    Address,
    InPrefix,
}

impl Kind {
    fn body(self) -> Body {
        match self {
            Self::RecordId => record_ids,
            Self::Ip => texts,
            Self::Address => addresses,
            Self::InPrefix => in_prefix,
        }
    }
}

fn function(kind: Kind, name: &'static str, takes: &[DataType], returns: DataType) -> ScalarUDF {
    ScalarUDF::new_from_impl(Function {
        name,
        signature: Signature::exact(takes.to_vec(), Volatility::Immutable),
        returns,
        kind,
    })
}

/// What statements may call beside the engine's own functions.
pub(crate) fn all() -> [ScalarUDF; 3] {
    [
        function(Kind::Ip, "ip", &[ADDRESS], DataType::Utf8),
        function(Kind::Address, "address", &[DataType::Utf8], ADDRESS),
        function(
            Kind::InPrefix,
            "in_prefix",
            &[ADDRESS, DataType::Utf8],
            DataType::Boolean,
        ),
    ]
}

/// The text of a record's id; how `records` shows its column `record`.
pub(crate) fn record_id() -> ScalarUDF {
    function(Kind::RecordId, "record_id", &[ADDRESS], DataType::Utf8)
}

/// A literal address for a text.
///
/// # Errors
/// A plan error that says what to write in its place.
pub(crate) fn literal(text: &str) -> Result<Expr> {
    let bytes = bytes(text)?;
    Ok(lit(ScalarValue::FixedSizeBinary(16, Some(bytes.to_vec()))))
}

fn bytes(text: &str) -> Result<[u8; 16]> {
    match text.parse::<IpAddr>() {
        Ok(ip) => Ok(address_bytes(ip)),
        Err(_) if text.parse::<Prefix>().is_ok() => {
            plan_err!("`{text}` is a prefix, not an address; ask in_prefix(source, '{text}')")
        }
        Err(_) => {
            let text: String = text.chars().take(80).collect();
            plan_err!("`{text}` is not an address such as 203.0.113.7 or 2001:db8::1")
        }
    }
}

fn prefix(text: &str) -> Result<Prefix> {
    text.parse().or_else(|e| plan_err!("{e}"))
}

/// A failure in fixed words, which [`crate::refusal::Refusal::running`] knows and hands on.
fn told(words: &str) -> DataFusionError {
    DataFusionError::Execution(words.to_owned())
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.returns.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let scalar = args
            .args
            .iter()
            .all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let columns = ColumnarValue::values_to_arrays(&args.args)?;
        let column = (self.kind.body())(&columns)?;
        if scalar {
            let value = ScalarValue::try_from_array(&column, 0)?;
            return Ok(ColumnarValue::Scalar(value));
        }
        Ok(ColumnarValue::Array(column))
    }

    /// A prefix that is written out becomes a range of addresses, by which files are left out.
    fn simplify(&self, args: Vec<Expr>, _: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let (Kind::InPrefix, [_, Expr::Literal(ScalarValue::Utf8(Some(text)), _)]) =
            (self.kind, args.as_slice())
        else {
            return Ok(ExprSimplifyResult::Original(args));
        };
        let (low, high) = prefix(text)?.range();
        let end = |bytes: [u8; 16]| lit(ScalarValue::FixedSizeBinary(16, Some(bytes.to_vec())));
        let (low, high) = (end(low), end(high));
        let Some(address) = args.into_iter().next() else {
            return exec_err!("in_prefix without an address");
        };
        let range = address.clone().gt_eq(low).and(address.lt_eq(high));
        Ok(ExprSimplifyResult::Simplified(range))
    }
}

/// The columns of a call, as many as its signature has.
fn columns<const N: usize>(columns: &[ArrayRef]) -> Result<&[ArrayRef; N]> {
    columns
        .try_into()
        .or_else(|_| exec_err!("a function has {N} arguments"))
}

fn texts(args: &[ArrayRef]) -> Result<ArrayRef> {
    sixteen(args, |bytes| address(bytes).to_string())
}

fn record_ids(args: &[ArrayRef]) -> Result<ArrayRef> {
    sixteen(args, |bytes| RecordId::from_bytes(bytes).to_string())
}

/// A text for each 16 bytes.
fn sixteen(args: &[ArrayRef], text: impl Fn([u8; 16]) -> String) -> Result<ArrayRef> {
    let [column] = columns(args)?;
    let texts: StringArray = each(as_fixed_size_binary_array(column)?)
        .map(|bytes| bytes.map(&text))
        .collect();
    Ok(Arc::new(texts))
}

fn each(column: &FixedSizeBinaryArray) -> impl Iterator<Item = Option<[u8; 16]>> {
    column
        .iter()
        .map(|bytes| bytes.and_then(|bytes| bytes.try_into().ok()))
}

fn addresses(args: &[ArrayRef]) -> Result<ArrayRef> {
    let [column] = columns(args)?;
    let column = as_string_array(column)?;
    let mut builder = FixedSizeBinaryBuilder::with_capacity(column.len(), 16);
    for text in column {
        match text {
            Some(text) => {
                let ip = text.parse().map_err(|_| told(NO_ADDRESS))?;
                builder.append_value(address_bytes(ip))?;
            }
            None => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn in_prefix(args: &[ArrayRef]) -> Result<ArrayRef> {
    let [column, prefixes] = columns(args)?;
    let held = each(as_fixed_size_binary_array(column)?)
        .zip(as_string_array(prefixes)?)
        .map(|(bytes, text)| match (bytes, text) {
            (Some(bytes), Some(text)) => {
                let prefix: Prefix = text.parse().map_err(|_| told(NO_PREFIX))?;
                Ok(Some(prefix.contains(bytes)))
            }
            _ => Ok(None),
        });
    Ok(Arc::new(held.collect::<Result<BooleanArray>>()?))
}
