using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Catalog;

internal static class CatalogErrors
{
    // https://sqlite.org/rescode.html
    private const int ConstraintPrimaryKey = 1555;
    private const int ConstraintUnique = 2067;

    /// <summary>Whether a save failed because the value or id is taken: an expected end of a race, not a fault.</summary>
    public static bool IsTaken(this DbUpdateException exception) =>
        exception.InnerException is SqliteException { SqliteExtendedErrorCode: ConstraintPrimaryKey or ConstraintUnique };
}
