using System.Text.Json;
using Backstay.Controller.Api;
using Backstay.Controller.Appliances;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Objectives;

/// <summary>An objective between its two forms: as it is sent, and as it is kept.</summary>
internal static class ObjectiveForm
{
    private const int MaxHours = 87_600;

    /// <summary>422 with everything that is wrong, or null.</summary>
    public static ApiErrorResult? Check(BackupObjective wish, bool isDefault)
    {
        var errors = new FieldErrors();
        errors.Id("id", wish.Id);
        errors.Name("name", wish.Name);
        errors.Text("notes", wish.Notes, 4096);
        if (!isDefault)
            ApplianceSelector.Check(errors, "appliances", wish.Appliances);

        // Any other is made to ask for something; the default one may ask for nothing.
        if (!isDefault && wish is { GoodWithinHours: null, ProvenWithinHours: null })
            errors.Add("goodWithinHours", "an objective needs goodWithinHours, provenWithinHours or both");
        errors.Range("goodWithinHours", wish.GoodWithinHours, 1, MaxHours);
        errors.Range("provenWithinHours", wish.ProvenWithinHours, 1, MaxHours);
        return errors.Refusal;
    }

    /// <param name="wish">One that passed <see cref="Check"/>.</param>
    public static BackupObjectiveEntity Make(BackupObjective wish, Guid id, DateTimeOffset now)
    {
        var objective = new BackupObjectiveEntity
        {
            Id = id,
            Name = wish.Name!,
            Appliances = new ApplianceSelection(All: true),
            Created = now,
            Updated = now,
        };
        Copy(wish, objective, now);
        return objective;
    }

    /// <param name="wish">One that passed <see cref="Check"/>.</param>
    public static void Copy(BackupObjective wish, BackupObjectiveEntity objective, DateTimeOffset now)
    {
        objective.Name = wish.Name!;
        objective.Notes = wish.Notes;
        objective.Appliances = objective.IsDefault ? objective.Appliances : wish.Appliances!.Tidy();
        objective.GoodWithinHours = wish.GoodWithinHours;
        objective.ProvenWithinHours = wish.ProvenWithinHours;
        objective.Updated = now;
    }

    public static BackupObjective ToWire(BackupObjectiveEntity objective) => new(
        objective.Id,
        objective.Name,
        objective.Notes,
        objective.Appliances,
        objective.GoodWithinHours,
        objective.ProvenWithinHours,
        objective.IsDefault,
        objective.Created,
        objective.Updated);

    /// <summary>For the audit log: what it asks for, of whom.</summary>
    public static string Describe(BackupObjectiveEntity objective)
    {
        var hours = new[] { ("good", objective.GoodWithinHours), ("proven", objective.ProvenWithinHours) }
            .Where(rule => rule.Item2 is not null)
            .Select(rule => $"{rule.Item1} within {rule.Item2} h")
            .DefaultIfEmpty("nothing");
        var whose = objective.IsDefault
            ? "appliances that no other selects"
            : JsonSerializer.Serialize(objective.Appliances, AdminJson.Default.ApplianceSelection);
        return $"{string.Join(", ", hours)} of {whose}";
    }
}
