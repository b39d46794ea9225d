using Backstay.Controller.Catalog;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Storage;

/// <summary>
/// Whether the store is the one whose archives the catalog lists. The catalog knows its id (<see cref="StoreEntity"/>); a store without
/// it, or with another, isn't taken for one from which archives have gone (docs/decisions/0131).
/// </summary>
internal sealed class StoreIdentity(OpenedStore opened, IServiceScopeFactory scopes)
{
    /// <summary>So many of the newest archives are looked for before a store without an id gets one.</summary>
    private const int Looked = 16;

    private const string WhatToDo = "Is it mounted, and are folder, bucket and prefix right (Storage:…)? If it is to be the store from now on: "
        + "backstay-controller store adopt";

    /// <summary>The id that was last found on both sides: a <see cref="Guid"/> in a box, which many threads read and write at once.</summary>
    private volatile object? _known;

    /// <summary>To be asked before what isn't there is taken for gone, and before anything is put there.</summary>
    /// <exception cref="ArchiveStoreException"><see cref="StoreFault.Unavailable"/>: it isn't that store, or can't be asked.</exception>
    public async Task RequireAsync(CancellationToken cancellationToken)
    {
        if (_known is { } known && known.Equals(await opened.Marker.ReadAsync(cancellationToken)))
            return;
        if (await SettleAsync(mark: true, cancellationToken) is { } problem)
            throw new ArchiveStoreException(StoreFault.Unavailable, problem);
    }

    /// <summary>Compares; where the catalog knows no store yet, the one that is configured becomes its store.</summary>
    /// <param name="mark">Gives a store without an id one. Otherwise that is left to the next start.</param>
    /// <returns>Why it isn't the catalog's store, and what to do; null when it is, or none is known yet.</returns>
    /// <exception cref="ArchiveStoreException">It can't be asked.</exception>
    public async Task<string?> SettleAsync(bool mark, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var catalog = scope.ServiceProvider.GetRequiredService<CatalogContext>();
        var row = await RowAsync(catalog, cancellationToken);
        if (row is null)
        {
            var found = await opened.Marker.ReadAsync(cancellationToken);
            if (found is null && !mark)
                return null;
            if (await FindNoneAsync(catalog, cancellationToken) is { } problem)
                return problem;
            row = await AddAsync(catalog, found, cancellationToken);
        }

        // Asked after the row: whoever marked that had put the id there before.
        var there = await opened.Marker.ReadAsync(cancellationToken);

        // A row whose id isn't there yet is new; or whoever began was interrupted, or is just about to put it there: it is the same id.
        var isNew = !row.Marked && there is null;
        if (there != row.StoreId && !isNew && await ListsArchivesAsync(catalog, cancellationToken))
            return NotTheStore(there);

        if (there is null)
            await opened.Marker.WriteAsync(row.StoreId, cancellationToken);
        await KnowAsync(catalog, there ?? row.StoreId, cancellationToken);
        return null;
    }

    /// <summary>Takes the store that is configured for the catalog's from now on, whatever is in it.</summary>
    /// <returns>Its id.</returns>
    /// <exception cref="ArchiveStoreException">It can't be asked.</exception>
    public async Task<Guid> AdoptAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var catalog = scope.ServiceProvider.GetRequiredService<CatalogContext>();
        var there = await opened.Marker.ReadAsync(cancellationToken);
        var row = await RowAsync(catalog, cancellationToken) ?? await AddAsync(catalog, there, cancellationToken);
        if (there is null)
            await opened.Marker.WriteAsync(row.StoreId, cancellationToken);
        await KnowAsync(catalog, there ?? row.StoreId, cancellationToken);
        return there ?? row.StoreId;
    }

    private async Task KnowAsync(CatalogContext catalog, Guid id, CancellationToken cancellationToken)
    {
        await catalog.Store
            .Where(s => s.StoreId != id || !s.Marked)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.StoreId, id).SetProperty(s => s.Marked, true), cancellationToken);
        _known = id;
    }

    /// <summary>Of several controllers that begin at once, the row of the first.</summary>
    private static async Task<StoreEntity> AddAsync(CatalogContext catalog, Guid? there, CancellationToken cancellationToken)
    {
        var row = new StoreEntity { StoreId = there ?? Guid.NewGuid(), Marked = there is not null };
        catalog.Store.Add(row);
        try
        {
            await catalog.SaveChangesAsync(cancellationToken);
            return row;
        }
        catch (DbUpdateException exception) when (exception.IsTaken())
        {
            catalog.ChangeTracker.Clear();
            return (await RowAsync(catalog, cancellationToken))!;
        }
    }

    private static Task<StoreEntity?> RowAsync(CatalogContext catalog, CancellationToken cancellationToken) =>
        catalog.Store.AsNoTracking().SingleOrDefaultAsync(cancellationToken);

    private static Task<bool> ListsArchivesAsync(CatalogContext catalog, CancellationToken cancellationToken) =>
        catalog.Backups.AnyAsync(b => b.State == BackupState.Succeeded && b.Deleted == null, cancellationToken);

    /// <summary>A catalog from before stores had ids may list archives that lie elsewhere.</summary>
    private async Task<string?> FindNoneAsync(CatalogContext catalog, CancellationToken cancellationToken)
    {
        var newest = await catalog.Backups.AsNoTracking()
            .Where(b => b.State == BackupState.Succeeded && b.Deleted == null)
            .OrderByDescending(b => b.Created)
            .Select(b => new { b.Id, b.Attempt })
            .Take(Looked)
            .ToListAsync(cancellationToken);
        foreach (var backup in newest)
        {
            if (await opened.Store.GetLengthAsync(new ArchiveKey(backup.Id, backup.Attempt), cancellationToken) is not null)
                return null;
        }

        return newest.Count == 0 ? null : $"none of the {newest.Count} newest archives of the catalog is in {opened.Name}. {WhatToDo}";
    }

    private string NotTheStore(Guid? there) => there is null
        ? $"{opened.Name} isn't the store whose archives the catalog lists: it has no {StoreMarker.Name}. {WhatToDo}"
        : $"{opened.Name} isn't the store whose archives the catalog lists: its {StoreMarker.Name} is that of another. {WhatToDo}";
}
