//! Rows of the engine as values of JSON. In: a batch. Out: a list of values per row. Never: a number that JSON would change: what it cannot hold is text.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StructArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Int64Type, UInt64Type};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use sakimori_custody::ids::hex;
use sakimori_custody::record::address;
use sakimori_lake::session::Column;
use serde_json::Value;

use crate::functions::ADDRESS;

/// A column of the answer.
pub(crate) fn column(field: &Field) -> Column {
    let kind = match field.data_type() {
        kind if *kind == ADDRESS => "address".to_owned(),
        DataType::Timestamp(..) => "time".to_owned(),
        kind => kind.to_string(),
    };
    Column {
        name: field.name().clone(),
        kind,
    }
}

/// The rows of a batch.
///
/// # Errors
/// Arrow's, for a type that cannot be shown.
pub(crate) fn rows(batch: &RecordBatch) -> Result<Vec<Vec<Value>>, ArrowError> {
    let columns = batch.columns().iter().map(values);
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    let row = |_| {
        columns
            .iter_mut()
            .map(|column| column.next().unwrap_or(Value::Null))
            .collect()
    };
    Ok((0..batch.num_rows()).map(row).collect())
}

/// The values of a column, one per row.
fn values(column: &ArrayRef) -> Result<Vec<Value>, ArrowError> {
    let widened = |kind: DataType| cast(column, &kind);
    Ok(match column.data_type() {
        DataType::Null => vec![Value::Null; column.len()],
        DataType::Boolean => column.as_boolean().iter().map(Value::from).collect(),
        kind if kind.is_signed_integer() => {
            let numbers = widened(DataType::Int64)?;
            let numbers = numbers.as_primitive::<Int64Type>();
            numbers.iter().map(Value::from).collect()
        }
        kind if kind.is_unsigned_integer() => {
            let numbers = widened(DataType::UInt64)?;
            let numbers = numbers.as_primitive::<UInt64Type>();
            numbers.iter().map(Value::from).collect()
        }
        kind if kind.is_floating() => {
            let numbers = widened(DataType::Float64)?;
            let numbers = numbers.as_primitive::<Float64Type>();
            numbers.iter().map(number).collect()
        }
        kind if kind.is_string() => {
            let texts = widened(DataType::LargeUtf8)?;
            texts.as_string::<i64>().iter().map(Value::from).collect()
        }
        DataType::FixedSizeBinary(_) => {
            let bytes = column.as_fixed_size_binary().iter();
            bytes.map(|bytes| bytes.map(sixteen).into()).collect()
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            let bytes = widened(DataType::LargeBinary)?;
            let bytes = bytes.as_binary::<i64>().iter();
            bytes.map(|bytes| bytes.map(hex).into()).collect()
        }
        DataType::Dictionary(_, kind) => values(&widened(kind.as_ref().clone())?)?,
        DataType::List(_) => lists(column.as_list::<i32>().iter())?,
        DataType::LargeList(_) => lists(column.as_list::<i64>().iter())?,
        DataType::FixedSizeList(..) => lists(column.as_fixed_size_list().iter())?,
        DataType::Struct(_) => objects(column.as_struct())?,
        _ => texts(column)?,
    })
}

fn objects(structs: &StructArray) -> Result<Vec<Value>, ArrowError> {
    let columns = structs.columns().iter().map(values);
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let value = |at: usize| {
        if structs.is_null(at) {
            return Value::Null;
        }
        let names = structs.fields().iter().map(|field| field.name().clone());
        let values = columns
            .iter()
            .map(|column| column.get(at).cloned().unwrap_or(Value::Null));
        Value::Object(names.zip(values).collect())
    };
    Ok((0..structs.len()).map(value).collect())
}

/// A number, or the word for one that JSON has not.
fn number(float: Option<f64>) -> Value {
    let Some(float) = float else {
        return Value::Null;
    };
    serde_json::Number::from_f64(float)
        .map_or_else(|| Value::String(float.to_string()), Value::Number)
}

/// An address, or other bytes as hex.
fn sixteen(bytes: &[u8]) -> String {
    <[u8; 16]>::try_from(bytes).map_or_else(|_| hex(bytes), |bytes| address(bytes).to_string())
}

fn lists(lists: impl Iterator<Item = Option<ArrayRef>>) -> Result<Vec<Value>, ArrowError> {
    let list = |list: Option<ArrayRef>| match list {
        Some(list) => values(&list).map(Value::Array),
        None => Ok(Value::Null),
    };
    lists.map(list).collect()
}

/// Everything else as text: times as RFC 3339, intervals, decimals. A time that no calendar holds is its number.
fn texts(column: &ArrayRef) -> Result<Vec<Value>, ArrowError> {
    let options = FormatOptions::default().with_display_error(false);
    let formatter = ArrayFormatter::try_new(column, &options)?;
    let text = |at: usize| {
        if column.is_null(at) {
            return Value::Null;
        }
        let text = formatter.value(at).try_to_string();
        text.map_or_else(|_| raw(column, at), Value::String)
    };
    Ok((0..column.len()).map(text).collect())
}

fn raw(column: &ArrayRef, at: usize) -> Value {
    let number = cast(&column.slice(at, 1), &DataType::Int64).ok();
    let number = number.and_then(|number| number.as_primitive::<Int64Type>().iter().next());
    number.flatten().into()
}
