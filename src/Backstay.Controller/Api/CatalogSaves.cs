using Backstay.Controller.Catalog;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Api;

/// <summary>Saving what a caller wishes, where another caller may have been quicker.</summary>
internal static class CatalogSaves
{
    /// <summary>Saves all or nothing; a refusal if what was to be changed is gone by now (404), or its name or id is taken (409).</summary>
    /// <param name="thing">What it is, as <see cref="ApiErrors.NotFound"/> takes it.</param>
    /// <param name="taken">The refusal of a name or id that another has; null where none is given.</param>
    public static async Task<ApiErrorResult?> SaveAsync(
        this CatalogContext catalog, string thing, Func<ApiErrorResult>? taken, CancellationToken cancellationToken)
    {
        try
        {
            await catalog.SaveChangesAsync(cancellationToken);
            return null;
        }
        catch (DbUpdateConcurrencyException)
        {
            return ApiErrors.NotFound(thing);
        }
        catch (DbUpdateException exception) when (taken is not null && exception.IsTaken())
        {
            return taken();
        }
    }
}
