//! One statement in the engine. In: a parsed statement, the stored rows, limits. Out: batches of rows. Never: another table than `records`, a function that
//! makes rows from nothing or files, a spill to disk.

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::error::Result;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::execution::{FunctionRegistry, SendableRecordBatchStream, SessionStateDefaults};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, col, try_cast};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::{SQLOptions, SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use sakimori_lake::schema::schema;
use sakimori_lake::session::Limits;
use std::sync::Arc;

use crate::functions;
use crate::limits::{BATCH_ROWS, UNCOUNTED_BYTES};
use crate::literals::AddressLiterals;
use crate::refusal::Refusal;
use crate::stored::Stored;

/// Begins to answer a statement; rows are computed as they are taken, and no row is read before.
///
/// # Errors
/// A refusal that may quote the statement.
pub(crate) async fn begin(
    statement: Statement,
    stored: Stored,
    limits: Limits,
    threads: usize,
) -> std::result::Result<SendableRecordBatchStream, Refusal> {
    let planned = async {
        let context = context(limits, threads)?;
        let plan = plan(&context, statement, stored, limits).await?;
        Ok((plan, context.task_ctx()))
    };
    let (plan, task) = planned.await.map_err(|e| Refusal::planning(&e, limits))?;
    execute_stream(plan, task).map_err(|e| Refusal::running(&e, limits))
}

/// The way from the stored rows to the answer.
async fn plan(
    context: &SessionContext,
    statement: Statement,
    stored: Stored,
    limits: Limits,
) -> Result<Arc<dyn ExecutionPlan>> {
    context.register_table("records", Arc::new(records(stored)?))?;
    let plan = context.state().statement_to_plan(statement).await?;
    reading_only().verify_plan(&plan)?;
    // One row more than the answer may have is enough to know.
    let rows = usize::try_from(limits.rows_max)
        .unwrap_or(usize::MAX)
        .saturating_add(1);
    let plan = LogicalPlanBuilder::from(plan)
        .limit(0, Some(rows))?
        .build()?;
    context.state().create_physical_plan(&plan).await
}

fn reading_only() -> SQLOptions {
    SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false)
}

/// An engine with one memory pool, no disk, and no functions that make tables.
fn context(limits: Limits, threads: usize) -> Result<SessionContext> {
    let pool = limits.memory_bytes.saturating_sub(UNCOUNTED_BYTES);
    let pool = GreedyMemoryPool::new(usize::try_from(pool).unwrap_or(usize::MAX));
    let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(pool))
        .with_disk_manager_builder(disk)
        .build_arc()?;
    let mut planners = SessionStateDefaults::default_expr_planners();
    planners.insert(0, Arc::new(AddressLiterals));
    let state = SessionStateBuilder::new()
        .with_config(config(threads))
        .with_runtime_env(runtime)
        .with_expr_planners(planners)
        .with_scalar_functions(SessionStateDefaults::default_scalar_functions())
        .with_higher_order_functions(SessionStateDefaults::default_higher_order_functions())
        .with_aggregate_functions(SessionStateDefaults::default_aggregate_functions())
        .with_window_functions(SessionStateDefaults::default_window_functions())
        .build();
    let context = SessionContext::new_with_state(state);
    for function in functions::all() {
        context.register_udf(function);
    }
    context
        .state_ref()
        .write()
        .register_function_rewrite(Arc::new(AddressLiterals))?;
    Ok(context)
}

fn config(threads: usize) -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_default_catalog_and_schema("sakimori", "lake")
        .with_target_partitions(threads)
        .with_batch_size(BATCH_ROWS)
        .with_information_schema(false);
    let options = config.options_mut();
    options.sql_parser.collect_spans = true;
    options.execution.enable_recursive_ctes = false;
    // Filters leave out row groups by their statistics; evaluated by the reader of files their errors would be told as its own.
    options.execution.parquet.pushdown_filters = false;
    config
}

/// `records`: the lake's columns, with ids as text and times as times.
fn records(stored: Stored) -> Result<ViewTable> {
    let stored = provider_as_source(Arc::new(stored));
    let plan = LogicalPlanBuilder::scan("stored", stored, None)?
        .project(columns())?
        .build()?;
    Ok(ViewTable::new(plan, None))
}

fn columns() -> Vec<Expr> {
    let time = DataType::Timestamp(TimeUnit::Millisecond, Some("+00:00".into()));
    let column = |name: &str| match name {
        "record" => functions::record_id().call(vec![col(name)]).alias(name),
        // A time that no calendar holds is unknown, not an error of the whole query.
        "first" | "last" => try_cast(col(name), time.clone()).alias(name),
        _ => col(name),
    };
    let schema = schema();
    schema
        .fields()
        .iter()
        .map(|field| column(field.name()))
        .collect()
}
