using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage;

namespace Backstay.Controller.Catalog;

/// <summary>
/// The catalog: everything but archive bytes. One model for both databases; a derived context each, as EF tells migrations apart by the
/// type of their context, and for the few things that the databases don't do alike.
/// </summary>
internal abstract class CatalogContext(DbContextOptions options) : DbContext(options), IDataProtectionKeyContext
{
    public DbSet<ApplianceEntity> Appliances => Set<ApplianceEntity>();

    public DbSet<BackupEntity> Backups => Set<BackupEntity>();

    public DbSet<PartEntity> Parts => Set<PartEntity>();

    public DbSet<DeliveryEntity> Deliveries => Set<DeliveryEntity>();

    public DbSet<DeliveryTryEntity> DeliveryTries => Set<DeliveryTryEntity>();

    public DbSet<EventEntity> Events => Set<EventEntity>();

    public DbSet<EventEndpointEntity> EventEndpoints => Set<EventEndpointEntity>();

    public DbSet<BackupObjectiveEntity> BackupObjectives => Set<BackupObjectiveEntity>();

    public DbSet<OverdueApplianceEntity> OverdueAppliances => Set<OverdueApplianceEntity>();

    public DbSet<WatchStateEntity> WatchState => Set<WatchStateEntity>();

    public DbSet<RetentionPolicyEntity> RetentionPolicies => Set<RetentionPolicyEntity>();

    public DbSet<RetentionStateEntity> RetentionState => Set<RetentionStateEntity>();

    public DbSet<VerificationEntity> Verifications => Set<VerificationEntity>();

    public DbSet<BackupKeyEntity> BackupKeys => Set<BackupKeyEntity>();

    public DbSet<StoreEntity> Store => Set<StoreEntity>();

    public DbSet<SettingsEntity> Settings => Set<SettingsEntity>();

    public DbSet<LocalUserEntity> LocalUsers => Set<LocalUserEntity>();

    public DbSet<AdministrativeRoleEntity> AdministrativeRoles => Set<AdministrativeRoleEntity>();

    public DbSet<BackupScheduleEntity> BackupSchedules => Set<BackupScheduleEntity>();

    public DbSet<ScheduledApplianceEntity> ScheduledAppliances => Set<ScheduledApplianceEntity>();

    public DbSet<DrillMachineEntity> DrillMachines => Set<DrillMachineEntity>();

    public DbSet<DrillEntity> Drills => Set<DrillEntity>();

    public DbSet<TokenEntity> Tokens => Set<TokenEntity>();

    public DbSet<AuditEntity> AuditLog => Set<AuditEntity>();

    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    /// <summary>The collation under which names are the same when only their letter case differs.</summary>
    protected abstract string NameCollation { get; }

    /// <summary>
    /// Takes the right to prepare the catalog, which only one controller has at a time, and waits for it. It goes with the answer's
    /// disposal, or with the process.
    /// </summary>
    public abstract Task<IAsyncDisposable> EnterStartAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Begins a transaction for a change that is judged by rows which it doesn't write (the last administrator, a role in use). Of such
    /// changes there is one at a time, on all controllers.
    /// </summary>
    public abstract Task<IDbContextTransaction> BeginAloneAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Begins a transaction for a change of an appliance's backups that is judged by the others of them: until its end none of those that are
    /// there is changed or deleted by anybody else, on any controller.
    /// </summary>
    public abstract Task<IDbContextTransaction> BeginWithBackupsOfAsync(Guid applianceId, CancellationToken cancellationToken);

    protected override void OnModelCreating(ModelBuilder model)
    {
        model.Entity<ApplianceEntity>(appliance =>
        {
            appliance.ToTable("appliances");
            appliance.Property(a => a.Name).HasMaxLength(128).UseCollation(NameCollation);
            appliance.HasIndex(a => a.Name).IsUnique();
            appliance.HasIndex(a => a.CredentialHash).IsUnique();
            appliance.Ignore(a => a.Activated);
        });

        model.Entity<BackupEntity>(backup =>
        {
            backup.ToTable("backups");
            backup.HasOne<ApplianceEntity>().WithMany().HasForeignKey(b => b.ApplianceId).OnDelete(DeleteBehavior.Restrict);

            // Step 1: of two requests for one appliance at the same moment, this lets one through.
            backup.HasIndex(b => b.ApplianceId, "one_unfinished_backup_an_appliance").IsUnique().HasFilter("\"State\" < 2");
            backup.HasIndex(b => new { b.ApplianceId, b.Created });
            backup.HasIndex(b => new { b.State, b.LeaseUntil });

            // What was proven longest ago comes first.
            backup.HasIndex(b => b.Verified, "to_verify").HasFilter("\"State\" = 2");
            backup.HasIndex(b => b.ContentVerified, "to_verify_content").HasFilter("\"State\" = 2");
            backup.HasIndex(b => b.Ended, "never_verified").HasFilter("\"Verification\" = 0");

            // The queue: as long as what waits, not as the history.
            backup.HasIndex(b => b.Created, "waiting_backups").HasFilter("\"State\" = 0 AND \"Admitted\" IS NULL");
            backup.HasIndex(b => b.Id, "protection_to_carry").HasFilter("\"ProtectionVersion\" <> \"StoredProtectionVersion\"");

            // What is to go, and what the store holds: asked every few seconds, whatever the history is long.
            backup.HasIndex(b => b.Id, "deleted_backups").HasFilter("\"Deleted\" IS NOT NULL");
            backup.HasIndex(b => new { b.State, b.Size }, "stored_sizes").HasFilter("\"State\" = 2");
            backup.Ignore(b => b.Waits);

            // What the release before this claims by, when both run; dropped by the next (docs/decisions/0077).
            backup.Property<DateTimeOffset?>("VerificationClaim");
        });

        model.Entity<RetentionPolicyEntity>(policy =>
        {
            policy.ToTable("retention_policies");
            policy.Property(p => p.Name).HasMaxLength(128).UseCollation(NameCollation);
            policy.HasIndex(p => p.Name).IsUnique();
            AsJson(policy.Property(p => p.Appliances), AdminJson.Default.ApplianceSelection);
            policy.Ignore(p => p.IsDefault);
        });

        model.Entity<RetentionStateEntity>(state =>
        {
            state.ToTable("retention_state");
            state.Property(s => s.Id).ValueGeneratedNever();
        });

        model.Entity<PartEntity>(part =>
        {
            part.ToTable("parts");
            part.HasKey(p => new { p.BackupId, p.Attempt, p.Number });
            part.HasOne<BackupEntity>().WithMany().HasForeignKey(p => p.BackupId).OnDelete(DeleteBehavior.Cascade);
        });

        model.Entity<VerificationEntity>(verification =>
        {
            verification.ToTable("verifications");
            verification.HasOne<BackupEntity>().WithMany().HasForeignKey(v => v.BackupId).OnDelete(DeleteBehavior.Cascade);

            // Asked twice for the same, or by two controllers at the same moment: one of them is made.
            verification.HasIndex(v => new { v.BackupId, v.Strength }, "one_unfinished_verification").IsUnique().HasFilter("\"State\" < 2");
            verification.HasIndex(v => v.Requested, "unfinished_verifications").HasFilter("\"State\" < 2");
            verification.HasIndex(v => new { v.BackupId, v.Ended });
            verification.HasIndex(v => v.Ended);
        });

        model.Entity<DeliveryEntity>(delivery =>
        {
            delivery.ToTable("deliveries");
            delivery.HasMany(d => d.Tries).WithOne().HasForeignKey(t => t.DeliveryId).OnDelete(DeleteBehavior.Cascade);
            delivery.HasIndex(d => new { d.State, d.NextTry });
            delivery.HasIndex(d => d.BackupId);
            delivery.HasIndex(d => d.Created);
        });
        model.Entity<DeliveryTryEntity>().ToTable("delivery_tries");

        model.Entity<EventEntity>(happened =>
        {
            happened.ToTable("events");
            happened.HasIndex(e => e.Time);

            // The outbox: as long as what waits, not as the history.
            happened.HasIndex(e => e.Id, "events_to_dispatch").HasFilter("\"Dispatched\" IS NULL");
        });

        model.Entity<EventEndpointEntity>(endpoint =>
        {
            endpoint.ToTable("event_endpoints");
            endpoint.Property(e => e.Name).HasMaxLength(128).UseCollation(NameCollation);
            endpoint.HasIndex(e => e.Name).IsUnique();
        });

        model.Entity<BackupObjectiveEntity>(objective =>
        {
            objective.ToTable("backup_objectives");
            objective.Property(o => o.Name).HasMaxLength(128).UseCollation(NameCollation);
            objective.HasIndex(o => o.Name).IsUnique();
            AsJson(objective.Property(o => o.Appliances), AdminJson.Default.ApplianceSelection);
            objective.Ignore(o => o.IsDefault);
        });

        model.Entity<OverdueApplianceEntity>(overdue =>
        {
            overdue.ToTable("overdue_appliances");
            overdue.HasKey(o => o.ApplianceId);
            overdue.HasOne<ApplianceEntity>().WithMany().HasForeignKey(o => o.ApplianceId).OnDelete(DeleteBehavior.Cascade);
        });

        model.Entity<WatchStateEntity>(state =>
        {
            state.ToTable("watch_state");
            state.Property(s => s.Id).ValueGeneratedNever();
        });

        model.Entity<BackupKeyEntity>(key =>
        {
            key.ToTable("backup_keys");
            key.HasIndex(k => k.Fingerprint).IsUnique();
        });

        model.Entity<StoreEntity>().ToTable("store").Property(s => s.Id).ValueGeneratedNever();

        model.Entity<SettingsEntity>(settings =>
        {
            settings.ToTable("settings");
            settings.Property(s => s.Id).ValueGeneratedNever();
        });

        model.Entity<LocalUserEntity>(user =>
        {
            user.ToTable("local_users");
            user.Property(u => u.Name).HasMaxLength(128).UseCollation(NameCollation);
            user.HasIndex(u => u.Name).IsUnique();
        });

        model.Entity<AdministrativeRoleEntity>(role =>
        {
            role.ToTable("administrative_roles");
            role.Property(r => r.Name).HasMaxLength(128).UseCollation(NameCollation);
            role.HasIndex(r => r.Name).IsUnique();
            AsJson(role.Property(r => r.Privileges), AdminJson.Default.ListPrivilege);
        });

        model.Entity<BackupScheduleEntity>(schedule =>
        {
            schedule.ToTable("backup_schedules");
            schedule.Property(s => s.Name).HasMaxLength(128).UseCollation(NameCollation);
            schedule.HasIndex(s => s.Name).IsUnique();
            AsJson(schedule.Property(s => s.Appliances), AdminJson.Default.ApplianceSelection);
        });

        model.Entity<ScheduledApplianceEntity>(scheduled =>
        {
            scheduled.ToTable("scheduled_appliances");
            scheduled.HasKey(s => new { s.ScheduleId, s.ApplianceId });
            scheduled.HasOne<BackupScheduleEntity>().WithMany().HasForeignKey(s => s.ScheduleId).OnDelete(DeleteBehavior.Cascade);
            scheduled.HasOne<ApplianceEntity>().WithMany().HasForeignKey(s => s.ApplianceId).OnDelete(DeleteBehavior.Cascade);
            scheduled.HasIndex(s => s.NextLook);
            scheduled.HasIndex(s => s.WindowUntil, "waiting_runs").HasFilter("\"State\" = 1");
            scheduled.Ignore(s => s.Record);
        });

        model.Entity<DrillMachineEntity>(machine =>
        {
            machine.ToTable("drill_machines");
            machine.HasKey(m => m.ApplianceId);
            machine.HasOne<ApplianceEntity>().WithMany().HasForeignKey(m => m.ApplianceId).OnDelete(DeleteBehavior.Cascade);
            AsJson(machine.Property(m => m.Appliances), AdminJson.Default.ApplianceSelection);
        });

        model.Entity<DrillEntity>(drill =>
        {
            drill.ToTable("drills");
            drill.HasOne<ApplianceEntity>().WithMany().HasForeignKey(d => d.ApplianceId).OnDelete(DeleteBehavior.Cascade);
            drill.HasIndex(d => d.BackupId, "one_unfinished_drill_a_backup").IsUnique().HasFilter("\"State\" < 2");
            drill.HasIndex(d => new { d.ApplianceId, d.State, d.Ended });
            drill.HasIndex(d => d.Created);
            drill.HasIndex(d => d.NextTry, "unfinished_drills").HasFilter("\"State\" < 2");
            AsJson(drill.Property(d => d.Checks), AdminJson.Default.ListDrillCheck);
        });

        model.Entity<TokenEntity>(token =>
        {
            token.ToTable("tokens");
            token.HasKey(t => t.Hash);
            token.HasIndex(t => t.SignIn);
            token.HasOne<LocalUserEntity>().WithMany().HasForeignKey(t => t.UserId).OnDelete(DeleteBehavior.Cascade);
        });

        model.Entity<AuditEntity>(audit =>
        {
            audit.ToTable("audit_log");
            audit.HasKey(a => a.Sequence);
        });

        model.Entity<DataProtectionKey>().ToTable("data_protection_keys");
    }

    /// <summary>Keeps a value as the JSON of its wire form. Records hold lists, which compare by reference: what is stored is what counts.</summary>
    private static void AsJson<T>(PropertyBuilder<T> property, JsonTypeInfo<T> type)
        where T : class => property.HasConversion(
        value => JsonSerializer.Serialize(value, type),
        json => JsonSerializer.Deserialize(json, type)!,
        new ValueComparer<T>(
            (a, b) => JsonSerializer.Serialize(a!, type) == JsonSerializer.Serialize(b!, type),
            value => JsonSerializer.Serialize(value, type).GetHashCode(StringComparison.Ordinal),
            value => JsonSerializer.Deserialize(JsonSerializer.Serialize(value, type), type)!));
}
