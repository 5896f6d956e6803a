//! The rows of the opened buckets as the engine reads them. In: open files and waiting windows. Out: one table with the lake's own columns. Never: a path that is
//! opened, a key outside a footer that was opened with it.

use async_trait::async_trait;
use bytes::Bytes;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result, exec_err, project_schema};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{
    FileGroup, FileScanConfigBuilder, ParquetFileReaderFactory, ParquetSource,
};
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::TaskContext;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::parquet::arrow::arrow_reader::ArrowReaderOptions;
use datafusion::parquet::arrow::async_reader::AsyncFileReader;
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::metadata::ParquetMetaData;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream};
use futures_util::future::{BoxFuture, FutureExt, ready};
use futures_util::stream;
use sakimori_lake::schema::schema;
use sakimori_lake::session::{OpenBucket, OpenFile, Waiting};
use std::ops::Range;
use std::sync::Arc;

/// The rows of some buckets, in files and waiting.
#[derive(Debug)]
pub(crate) struct Stored {
    schema: SchemaRef,
    files: Vec<Arc<OpenFile>>,
    waiting: Vec<Arc<WaitingRows>>,
}

impl Stored {
    pub(crate) fn new(buckets: Vec<OpenBucket>) -> Self {
        let schema = schema();
        let mut stored = Self {
            schema,
            files: Vec::new(),
            waiting: Vec::new(),
        };
        for bucket in buckets {
            stored.files.extend(bucket.files.into_iter().map(Arc::new));
            if bucket.waiting.parts() > 0 {
                let schema = Arc::clone(&stored.schema);
                let waiting = Arc::new(bucket.waiting);
                stored
                    .waiting
                    .push(Arc::new(WaitingRows { schema, waiting }));
            }
        }
        stored
    }

    /// The files, for [`OpenFile::check`].
    pub(crate) fn files(&self) -> Vec<Arc<OpenFile>> {
        self.files.clone()
    }

    /// The files in as many groups as run beside each other.
    fn groups(&self, count: usize) -> Vec<FileGroup> {
        let count = count.clamp(1, self.files.len().max(1));
        let mut groups = vec![FileGroup::default(); count];
        for (at, file) in self.files.iter().enumerate() {
            let path = file.path().display().to_string();
            let part = PartitionedFile::new(path, file.bytes()).with_extension(Arc::clone(file));
            if let Some(group) = groups.get_mut(at % count) {
                group.push(part);
            }
        }
        groups
    }

    fn scan_files(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let source = ParquetSource::new(Arc::clone(&self.schema))
            .with_parquet_file_reader_factory(Arc::new(OpenFiles))
            .with_pushdown_filters(false)
            .with_enable_page_index(false)
            .with_bloom_filter_on_read(false);
        let groups = self.groups(state.config().target_partitions());
        let files = ObjectStoreUrl::local_filesystem();
        let scan = FileScanConfigBuilder::new(files, Arc::new(source))
            .with_file_groups(groups)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(scan))
    }

    fn scan_waiting(
        &self,
        projection: Option<&Vec<usize>>,
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let rows = self.waiting.iter();
        let rows = rows.map(|rows| Arc::clone(rows) as Arc<dyn PartitionStream>);
        let schema = Arc::clone(&self.schema);
        let scan =
            StreamingTableExec::try_new(schema, rows.collect(), projection, [], false, limit)?;
        Ok(Arc::new(scan))
    }
}

#[async_trait]
impl TableProvider for Stored {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut scans = Vec::new();
        if !self.files.is_empty() {
            scans.push(self.scan_files(state, projection, limit)?);
        }
        if !self.waiting.is_empty() {
            scans.push(self.scan_waiting(projection, limit)?);
        }
        if scans.is_empty() {
            let schema = project_schema(&self.schema, projection)?;
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        UnionExec::try_new(scans)
    }
}

/// Hands the engine a reader of a file that is open.
#[derive(Debug)]
struct OpenFiles;

impl ParquetFileReaderFactory for OpenFiles {
    fn create_reader(
        &self,
        _partition: usize,
        file: PartitionedFile,
        _metadata_size_hint: Option<usize>,
        _metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>> {
        let Some(open) = file.extension::<Arc<OpenFile>>() else {
            return exec_err!("{} is not one of the opened files", file.path());
        };
        Ok(Box::new(FileReader(Arc::clone(open))))
    }
}

/// Reads ranges of an open file; its footer was read and opened before the first row.
struct FileReader(Arc<OpenFile>);

impl AsyncFileReader for FileReader {
    fn get_bytes(
        &mut self,
        range: Range<u64>,
    ) -> BoxFuture<'_, std::result::Result<Bytes, ParquetError>> {
        let length = range.end.saturating_sub(range.start);
        let bytes = self.0.read(range.start, length);
        let bytes = bytes.map(Bytes::from);
        ready(bytes.map_err(|e| ParquetError::External(Box::new(e)))).boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, std::result::Result<Arc<ParquetMetaData>, ParquetError>> {
        ready(Ok(Arc::clone(self.0.metadata()))).boxed()
    }
}

/// The waiting windows of one bucket, decrypted part by part.
#[derive(Debug)]
struct WaitingRows {
    schema: SchemaRef,
    waiting: Arc<Waiting>,
}

impl PartitionStream for WaitingRows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let waiting = Arc::clone(&self.waiting);
        let parts = (0..waiting.parts()).map(move |at| part(&waiting, at));
        let schema = Arc::clone(&self.schema);
        Box::pin(RecordBatchStreamAdapter::new(schema, stream::iter(parts)))
    }
}

fn part(waiting: &Waiting, at: usize) -> Result<RecordBatch> {
    let batch = waiting.part(at);
    batch.map_err(|e| DataFusionError::External(Box::new(e)))
}
