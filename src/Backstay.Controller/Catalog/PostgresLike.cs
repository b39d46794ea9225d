using System.Linq.Expressions;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Backstay.Controller.Catalog;

/// <summary>
/// Lets LIKE mean the same on both databases: letter case doesn't matter, as on SQLite. On PostgreSQL that is ILIKE, and under a collation
/// that pattern matching takes, which the one of names isn't (https://www.postgresql.org/docs/current/collation.html).
/// </summary>
internal sealed class PostgresLike : IQueryExpressionInterceptor
{
    /// <summary>The one there is: EF keeps its models by such interceptors.</summary>
    public static readonly PostgresLike Instance = new();

    /// <summary>ICU's root collation, in every database with UTF-8: knows letter case in all scripts.</summary>
    private const string Unicode = "und-x-icu";

    private static readonly MethodInfo Like = ((Func<DbFunctions, string?, string?, string, bool>)DbFunctionsExtensions.Like).Method;
    private static readonly MethodInfo ILike = ((Func<DbFunctions, string, string, string, bool>)NpgsqlDbFunctionsExtensions.ILike).Method;
    private static readonly MethodInfo Collate = ((Func<DbFunctions, string, string, string>)RelationalDbFunctionsExtensions.Collate).Method;

    private PostgresLike()
    {
    }

    public Expression QueryCompilationStarting(Expression queryExpression, QueryExpressionEventData eventData) =>
        new Rewriter().Visit(queryExpression);

    private sealed class Rewriter : ExpressionVisitor
    {
        protected override Expression VisitMethodCall(MethodCallExpression node)
        {
            if (node.Method != Like)
                return base.VisitMethodCall(node);

            var (functions, match, pattern, escape) = (node.Arguments[0], Visit(node.Arguments[1]), Visit(node.Arguments[2]), node.Arguments[3]);
            return Expression.Call(ILike, functions, Expression.Call(Collate, functions, match, Expression.Constant(Unicode)), pattern, escape);
        }
    }
}
