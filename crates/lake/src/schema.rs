//! The table of the lake: the mechanical record, version 1, as columns, with where each row is from. In: rows. Out: Arrow batches, and rows
//! again. Never: a column that the record lacks, apart from `record`, `window`, `authority`, `sensor` and `bucket`.
//!
//! Enumerations and countries are stored as their words, so that a query reads as it is spoken; addresses and record ids are bytes that sort.

use arrow_array::builder::{FixedSizeBinaryBuilder, ListBuilder, UInt32Builder};
use arrow_array::types::{ArrowPrimitiveType, UInt8Type, UInt16Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, FixedSizeBinaryArray, ListArray, PrimitiveArray, RecordBatch, StringArray,
    UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use sakimori_custody::ids::{BucketId, RecordId};
use sakimori_custody::record::{
    Alpn, Application, Country, Direction, End, Hits, HttpMethod, MechanicalRecord, SELECTORS_MAX,
    TlsVersion,
};
use std::sync::Arc;

/// One row: a record with its id and the window in which it left the seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which record.
    pub record: RecordId,
    /// Index of its window in the stream.
    pub window: u64,
    /// What is known of the flow.
    pub fields: MechanicalRecord,
}

/// The columns, in order. `docs/mechanical-fields.md` says what the fields of the record are.
pub fn schema() -> SchemaRef {
    let bytes16 = || DataType::FixedSizeBinary(16);
    let item = Field::new_list_field(DataType::UInt32, true);
    let columns: [(&str, DataType, bool); 30] = [
        ("record", bytes16(), false),
        ("window", DataType::UInt64, false),
        ("first", DataType::UInt64, false),
        ("last", DataType::UInt64, false),
        ("source", bytes16(), false),
        ("destination", bytes16(), false),
        ("source_port", DataType::UInt16, false),
        ("destination_port", DataType::UInt16, false),
        ("protocol", DataType::UInt8, false),
        ("direction", DataType::Utf8, false),
        ("source_country", DataType::Utf8, false),
        ("destination_country", DataType::Utf8, false),
        ("packets_out", DataType::UInt64, false),
        ("packets_back", DataType::UInt64, false),
        ("bytes_out", DataType::UInt64, false),
        ("bytes_back", DataType::UInt64, false),
        ("tcp_flags_out", DataType::UInt8, false),
        ("tcp_flags_back", DataType::UInt8, false),
        ("end", DataType::Utf8, false),
        ("application", DataType::Utf8, false),
        ("dns_type", DataType::UInt16, true),
        ("dns_rcode", DataType::UInt16, true),
        ("http_method", DataType::Utf8, false),
        ("tls_version", DataType::Utf8, false),
        ("alpn", DataType::Utf8, false),
        ("ja4", DataType::Utf8, true),
        ("selectors", DataType::List(Arc::new(item)), false),
        ("authority", DataType::Utf8, false),
        ("sensor", DataType::Utf8, false),
        ("bucket", DataType::Utf8, false),
    ];
    let fields = columns.map(|(name, kind, nullable)| Field::new(name, kind, nullable));
    Arc::new(Schema::new(fields.to_vec()))
}

/// Rows of one bucket as a batch of [`schema`].
///
/// # Errors
/// Arrow's, which no row can cause: the columns follow the schema.
pub fn batch(bucket: &BucketId, rows: &[Row]) -> Result<RecordBatch, ArrowError> {
    let mut columns = place_columns(rows)?;
    columns.extend(counter_columns(rows));
    columns.extend(content_columns(rows));
    let day = bucket.to_string();
    let authority = bucket.authority.to_string();
    for constant in [authority.as_str(), bucket.sensor.as_str(), day.as_str()] {
        columns.push(words(rows, |_| constant));
    }
    RecordBatch::try_new(schema(), columns)
}

/// `record` to `destination_country`.
fn place_columns(rows: &[Row]) -> Result<Vec<ArrayRef>, ArrowError> {
    Ok(vec![
        bytes(rows, |row| row.record.to_bytes())?,
        numbers::<UInt64Type>(rows, |row| row.window),
        numbers::<UInt64Type>(rows, |row| row.fields.first),
        numbers::<UInt64Type>(rows, |row| row.fields.last),
        bytes(rows, |row| row.fields.source)?,
        bytes(rows, |row| row.fields.destination)?,
        numbers::<UInt16Type>(rows, |row| row.fields.source_port),
        numbers::<UInt16Type>(rows, |row| row.fields.destination_port),
        numbers::<UInt8Type>(rows, |row| row.fields.protocol),
        words(rows, |row| row.fields.direction.name()),
        countries(rows, |row| row.fields.source_country),
        countries(rows, |row| row.fields.destination_country),
    ])
}

/// `packets_out` to `end`.
fn counter_columns(rows: &[Row]) -> Vec<ArrayRef> {
    vec![
        numbers::<UInt64Type>(rows, |row| row.fields.packets_out),
        numbers::<UInt64Type>(rows, |row| row.fields.packets_back),
        numbers::<UInt64Type>(rows, |row| row.fields.bytes_out),
        numbers::<UInt64Type>(rows, |row| row.fields.bytes_back),
        numbers::<UInt8Type>(rows, |row| row.fields.tcp_flags_out),
        numbers::<UInt8Type>(rows, |row| row.fields.tcp_flags_back),
        words(rows, |row| row.fields.end.name()),
    ]
}

/// `application` to `selectors`.
fn content_columns(rows: &[Row]) -> Vec<ArrayRef> {
    let optional = |field: fn(&MechanicalRecord) -> Option<u16>| -> ArrayRef {
        Arc::new(
            rows.iter()
                .map(|row| field(&row.fields))
                .collect::<UInt16Array>(),
        )
    };
    let ja4 = |row: &Row| Some(String::from_utf8_lossy(&row.fields.ja4?).into_owned());
    vec![
        words(rows, |row| row.fields.application.name()),
        optional(|record| record.dns_type),
        optional(|record| record.dns_rcode),
        words(rows, |row| row.fields.http_method.name()),
        words(rows, |row| row.fields.tls_version.name()),
        words(rows, |row| row.fields.alpn.name()),
        Arc::new(rows.iter().map(ja4).collect::<StringArray>()),
        selectors(rows),
    ]
}

fn bytes(rows: &[Row], field: impl Fn(&Row) -> [u8; 16]) -> Result<ArrayRef, ArrowError> {
    let mut builder = FixedSizeBinaryBuilder::with_capacity(rows.len(), 16);
    for row in rows {
        builder.append_value(field(row))?;
    }
    Ok(Arc::new(builder.finish()))
}

fn numbers<T: ArrowPrimitiveType>(rows: &[Row], field: impl Fn(&Row) -> T::Native) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::from_iter_values(
        rows.iter().map(field),
    ))
}

fn words<'a>(rows: &'a [Row], field: impl Fn(&'a Row) -> &'a str) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(rows.iter().map(field)))
}

fn countries(rows: &[Row], field: impl Fn(&Row) -> Country) -> ArrayRef {
    let texts = rows.iter().map(|row| field(row).to_string());
    Arc::new(StringArray::from_iter_values(texts))
}

fn selectors(rows: &[Row]) -> ArrayRef {
    let mut builder = ListBuilder::new(UInt32Builder::new());
    for row in rows {
        builder
            .values()
            .append_slice(row.fields.selectors.as_slice());
        builder.append(true);
    }
    Arc::new(builder.finish())
}

/// A batch whose columns or values are not those of [`schema`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column `{0}` is not what the schema says")]
pub struct Misfit(pub &'static str);

/// Borrows the columns of a batch by name and type.
macro_rules! columns {
    ($($name:ident: $array:ty,)+) => {
        /// The columns of one batch, typed.
        pub(crate) struct Columns<'b> { $(pub(crate) $name: &'b $array,)+ }
        impl<'b> Columns<'b> {
            pub(crate) fn of(batch: &'b RecordBatch) -> Result<Self, Misfit> {
                Ok(Self { $($name: typed(batch, stringify!($name))?,)+ })
            }
        }
    };
}
columns! {
    record: FixedSizeBinaryArray, window: UInt64Array, first: UInt64Array, last: UInt64Array,
    source: FixedSizeBinaryArray, destination: FixedSizeBinaryArray,
    source_port: UInt16Array, destination_port: UInt16Array, protocol: UInt8Array,
    direction: StringArray, source_country: StringArray, destination_country: StringArray,
    packets_out: UInt64Array, packets_back: UInt64Array, bytes_out: UInt64Array, bytes_back: UInt64Array,
    tcp_flags_out: UInt8Array, tcp_flags_back: UInt8Array, end: StringArray, application: StringArray,
    dns_type: UInt16Array, dns_rcode: UInt16Array, http_method: StringArray, tls_version: StringArray,
    alpn: StringArray, ja4: StringArray, selectors: ListArray,
}

/// One column of a batch as the array type that the schema gives it.
pub(crate) fn typed<'b, A: Array + 'static>(
    batch: &'b RecordBatch,
    name: &'static str,
) -> Result<&'b A, Misfit> {
    let column = batch.column_by_name(name).ok_or(Misfit(name))?;
    column.as_any().downcast_ref().ok_or(Misfit(name))
}

/// The 16 bytes of a value.
pub(crate) fn bytes16(
    array: &FixedSizeBinaryArray,
    at: usize,
    name: &'static str,
) -> Result<[u8; 16], Misfit> {
    array.value(at).try_into().map_err(|_| Misfit(name))
}

impl Columns<'_> {
    /// The row at `at`, which is below the number of rows of the batch.
    pub(crate) fn row(&self, at: usize) -> Result<Row, Misfit> {
        Ok(Row {
            record: RecordId::from_bytes(bytes16(self.record, at, "record")?),
            window: self.window.value(at),
            fields: self.fields(at)?,
        })
    }

    fn fields(&self, at: usize) -> Result<MechanicalRecord, Misfit> {
        let fields = MechanicalRecord {
            first: self.first.value(at),
            last: self.last.value(at),
            source: bytes16(self.source, at, "source")?,
            destination: bytes16(self.destination, at, "destination")?,
            packets_out: self.packets_out.value(at),
            packets_back: self.packets_back.value(at),
            bytes_out: self.bytes_out.value(at),
            bytes_back: self.bytes_back.value(at),
            source_port: self.source_port.value(at),
            destination_port: self.destination_port.value(at),
            protocol: self.protocol.value(at),
            direction: Direction::from_name(self.direction.value(at)).ok_or(Misfit("direction"))?,
            tcp_flags_out: self.tcp_flags_out.value(at),
            tcp_flags_back: self.tcp_flags_back.value(at),
            source_country: country(self.source_country, at, "source_country")?,
            destination_country: country(self.destination_country, at, "destination_country")?,
            end: End::from_name(self.end.value(at)).ok_or(Misfit("end"))?,
            application: Application::from_name(self.application.value(at))
                .ok_or(Misfit("application"))?,
            dns_type: optional(self.dns_type, at),
            dns_rcode: optional(self.dns_rcode, at),
            http_method: HttpMethod::from_name(self.http_method.value(at))
                .ok_or(Misfit("http_method"))?,
            tls_version: TlsVersion::from_name(self.tls_version.value(at))
                .ok_or(Misfit("tls_version"))?,
            alpn: Alpn::from_name(self.alpn.value(at)).ok_or(Misfit("alpn"))?,
            ja4: ja4(self.ja4, at)?,
            selectors: hits(self.selectors, at)?,
        };
        // The record's own reader has the last word on what a record can be.
        MechanicalRecord::decode(&fields.encode()).map_err(|e| Misfit(e.field))
    }
}

fn optional(array: &UInt16Array, at: usize) -> Option<u16> {
    array.is_valid(at).then(|| array.value(at))
}

fn country(array: &StringArray, at: usize, name: &'static str) -> Result<Country, Misfit> {
    let code = array.value(at).as_bytes().try_into().ok();
    code.and_then(Country::new).ok_or(Misfit(name))
}

fn ja4(array: &StringArray, at: usize) -> Result<Option<[u8; 36]>, Misfit> {
    if array.is_null(at) {
        return Ok(None);
    }
    let text = array.value(at).as_bytes().try_into();
    text.map(Some).map_err(|_| Misfit("ja4"))
}

fn hits(array: &ListArray, at: usize) -> Result<Hits, Misfit> {
    let ids = array.value(at);
    let ids: &UInt32Array = ids.as_any().downcast_ref().ok_or(Misfit("selectors"))?;
    let mut hits = Hits::default();
    let ascending = ids
        .values()
        .windows(2)
        .all(|two| matches!(two, [a, b] if a < b));
    let fits = ids.len() <= SELECTORS_MAX && ids.null_count() == 0 && ascending;
    if fits && ids.values().iter().all(|id| hits.insert(*id)) {
        Ok(hits)
    } else {
        Err(Misfit("selectors"))
    }
}
