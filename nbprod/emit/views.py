"""Which expressions only show something: they stay in the notebook."""

from __future__ import annotations

import ast

# Methods of frames, series and arrays that return something new and change nothing, drawing no random numbers.
LOOKS = frozenset({
    "head", "tail", "describe", "info", "value_counts", "nunique", "unique", "isna", "isnull", "notna",
    "notnull", "sum", "mean", "median", "std", "var", "min", "max", "count", "any", "all",
    "sort_values", "sort_index", "groupby", "agg", "aggregate", "round", "corr", "cov", "memory_usage",
    "nlargest", "nsmallest", "quantile", "size", "cumsum", "idxmax", "idxmin", "reset_index",
    "set_index", "pivot_table", "to_string", "to_frame", "to_list", "tolist", "keys", "items", "values",
    "query", "rename", "assign", "astype", "abs", "duplicated", "melt", "stack", "unstack", "transpose",
    "crosstab", "glimpse", "collect", "schema", "null_count", "select", "filter", "group_by",
    "with_columns", "limit", "len", "strip", "lower", "upper", "split", "format", "startswith",
    "endswith", "most_common", "isoformat", "total_seconds", "get_params", "to_dict", "to_numpy",
    "item", "copy", "loc", "iloc", "between", "isin", "eq", "ne", "lt", "le", "gt", "ge", "mul", "div",
    "sub", "pct_change", "diff", "rank", "mode", "skew", "kurt", "ndim",
})  # fmt: skip
FUNCTIONS = frozenset({
    "display", "len", "type", "repr", "str", "sorted", "list", "dict", "set", "tuple", "min", "max",
    "sum", "round", "abs", "range", "isinstance", "bool", "int", "float", "dir", "vars", "id",
    "enumerate", "zip",
})  # fmt: skip
PLAIN = (
    ast.Tuple, ast.List, ast.Dict, ast.Set, ast.Compare, ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.JoinedStr,
    ast.FormattedValue, ast.Starred, ast.Slice, ast.IfExp, ast.Subscript, ast.Attribute, ast.Name, ast.Constant,
    ast.keyword,
)  # fmt: skip


def is_view(statement: ast.stmt, shadowed: frozenset[str] = frozenset()) -> bool:
    """Whether the statement only shows a value; `shadowed` are builtins' names that the notebook gave to its own.

    >>> [is_view(ast.parse(code).body[0]) for code in ("df.head()", "display(df[['a']])", "model.fit(X)", "x = 1")]
    [True, True, False, False]
    """
    return isinstance(statement, ast.Expr) and _shows(statement.value, shadowed)


def _shows(node: ast.AST, shadowed: frozenset[str]) -> bool:
    if isinstance(node, ast.Call):
        return _harmless(node, shadowed) and all(_shows(each, shadowed) for each in (*node.args, *node.keywords))
    if not isinstance(node, PLAIN):
        return False
    return all(
        _shows(child, shadowed)
        for child in ast.iter_child_nodes(node)
        if not isinstance(child, (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop))
    )


def _harmless(call: ast.Call, shadowed: frozenset[str]) -> bool:
    if any(each.arg == "inplace" for each in call.keywords):
        return False
    match call.func:
        case ast.Name(id=name):
            return name in FUNCTIONS and name not in shadowed
        case ast.Attribute(value=value, attr=name):
            # A frame's `info()` shows it; a logger's `info("…")` says something.
            return name in LOOKS and not (name == "info" and call.args) and _shows(value, shadowed)
        case _:
            return False


def is_path_setting(statement: ast.stmt) -> bool:
    """Whether the statement only adds to `sys.path`: the package itself knows where its modules are.

    >>> [is_path_setting(ast.parse(code).body[0]) for code in ("sys.path.append(up)", "sys.path += up", "sys.x()")]
    [True, True, False]
    """
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=target, attr="append" | "insert" | "extend"))):
            return _is_path(target)
        case ast.AugAssign(target=target) | ast.Assign(targets=[target]):
            return _is_path(target.value if isinstance(target, ast.Subscript) else target)
        case ast.If(body=body, orelse=[]):
            return all(is_path_setting(each) for each in body)
        case _:
            return False


def _is_path(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.path"


def is_show(statement: ast.stmt) -> bool:
    """Whether the statement is a bare `plt.show()`."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="plt" | "pyplot"), attr="show"))):
            return True
        case _:
            return False
