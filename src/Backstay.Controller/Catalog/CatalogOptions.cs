using System.ComponentModel.DataAnnotations;
using System.Data.Common;
using Npgsql;

namespace Backstay.Controller.Catalog;

/// <summary>Where the catalog is kept.</summary>
internal sealed class CatalogOptions : IValidatableObject
{
    public const string Section = "Catalog";

    /// <summary><c>sqlite</c> for one controller, <c>postgres</c> for any number of them. Default: <c>sqlite</c>.</summary>
    public CatalogProvider Provider { get; set; } = CatalogProvider.Sqlite;

    /// <summary>The SQLite file. Default: <c>catalog.db</c> in the data folder.</summary>
    [Required]
    public string File { get; set; } = "";

    /// <summary>
    /// With <c>postgres</c>: an Npgsql connection string, <c>Host=…;Database=…;Username=…</c>. No default. What it doesn't name is as in
    /// <see cref="Postgres"/>.
    /// </summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>
    /// How long a controller that starts waits for a PostgreSQL that can't be reached. Zero: it ends at once. 0 to 1 hour, default 5 minutes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan StartWithin { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The connection string in force.</summary>
    /// <exception cref="ArgumentException">It isn't one.</exception>
    public NpgsqlConnectionStringBuilder Postgres()
    {
        var inForce = new NpgsqlConnectionStringBuilder
        {
            ApplicationName = "backstay-controller",

            // Three controllers fit into the 100 connections of a PostgreSQL that nobody has tuned.
            MaxPoolSize = 30,

            // A poll is given 5 seconds by its client, an agent's call 30: the refusal has to be there before they go.
            Timeout = 4,
            CommandTimeout = 20,
        };
        var given = new DbConnectionStringBuilder { ConnectionString = ConnectionString };
        foreach (string key in given.Keys)
            inForce[key] = given[key];
        return inForce;
    }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Provider is not CatalogProvider.Postgres)
        {
            if (ConnectionString is not "")
                yield return new ValidationResult("Catalog:ConnectionString is for Catalog:Provider=postgres; set that, too, or remove it.");
            yield break;
        }

        var wrong = Wrong();
        if (wrong is not null)
            yield return new ValidationResult($"Catalog:ConnectionString {wrong}. Example: Host=db.example;Database=backstay;Username=backstay;Password=…");
    }

    private string? Wrong()
    {
        try
        {
            var postgres = Postgres();
            return string.IsNullOrEmpty(postgres.Host) ? "names no Host"
                : string.IsNullOrEmpty(postgres.Database) ? "names no Database"
                : null;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            return $"can't be read: {exception.Message.TrimEnd('.')}";
        }
    }
}

/// <summary>The databases that a catalog can be kept in.</summary>
internal enum CatalogProvider
{
    Sqlite,
    Postgres,
}
