//! Texts that stand where an address is compared. In: expressions of a statement. Out: the same with addresses in place of the texts. Never: a text compared
//! as bytes: `source = '2001:DB8:0::1'` finds what it names.

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::{Between, InList};
use datafusion::logical_expr::expr_rewriter::FunctionRewrite;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable};

use crate::functions::{ADDRESS, literal};

/// Puts addresses in the place of texts: while a statement is planned for comparisons, afterwards for lists and ranges.
#[derive(Debug)]
pub(crate) struct AddressLiterals;

fn is_address(expr: &Expr, schema: &DFSchema) -> bool {
    expr.get_type(schema).is_ok_and(|kind| kind == ADDRESS)
}

/// The text of a literal.
fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(
            ScalarValue::Utf8(Some(text))
            | ScalarValue::Utf8View(Some(text))
            | ScalarValue::LargeUtf8(Some(text)),
            _,
        ) => Some(text),
        _ => None,
    }
}

/// The address that a literal names; other expressions stay.
fn read(expr: Expr) -> Result<Expr> {
    match text(&expr) {
        Some(text) => literal(text),
        None => Ok(expr),
    }
}

/// Both sides of a comparison, where one is an address and the other a text.
fn pair(left: Expr, right: Expr, schema: &DFSchema) -> Result<(Expr, Expr)> {
    if text(&right).is_some() && is_address(&left, schema) {
        Ok((left, read(right)?))
    } else if text(&left).is_some() && is_address(&right, schema) {
        Ok((read(left)?, right))
    } else {
        Ok((left, right))
    }
}

impl ExprPlanner for AddressLiterals {
    fn plan_binary_op(
        &self,
        expr: RawBinaryExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>> {
        let RawBinaryExpr { op, left, right } = expr;
        let (left, right) = pair(left, right, schema)?;
        Ok(PlannerResult::Original(RawBinaryExpr { op, left, right }))
    }
}

impl FunctionRewrite for AddressLiterals {
    fn name(&self) -> &'static str {
        "address_literals"
    }

    fn rewrite(
        &self,
        expr: Expr,
        schema: &DFSchema,
        _: &ConfigOptions,
    ) -> Result<Transformed<Expr>> {
        let expr = match expr {
            Expr::InList(list) if is_address(&list.expr, schema) => {
                let InList {
                    expr,
                    list,
                    negated,
                } = list;
                let list = list.into_iter().map(read).collect::<Result<_>>()?;
                Expr::InList(InList::new(expr, list, negated))
            }
            Expr::Between(between) if is_address(&between.expr, schema) => {
                let Between {
                    expr,
                    negated,
                    low,
                    high,
                } = between;
                let (low, high) = (Box::new(read(*low)?), Box::new(read(*high)?));
                Expr::Between(Between::new(expr, negated, low, high))
            }
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
                let (left, right) = pair(*left, *right, schema)?;
                Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)))
            }
            other => return Ok(Transformed::no(other)),
        };
        Ok(Transformed::yes(expr))
    }
}
