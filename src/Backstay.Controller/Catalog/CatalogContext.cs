using System.Text.Json;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Backstay.Controller.Catalog;

/// <summary>The catalog: everything but archive bytes.</summary>
internal sealed class CatalogContext(DbContextOptions<CatalogContext> options) : DbContext(options), IDataProtectionKeyContext
{
    public DbSet<ApplianceEntity> Appliances => Set<ApplianceEntity>();

    public DbSet<BackupEntity> Backups => Set<BackupEntity>();

    public DbSet<PartEntity> Parts => Set<PartEntity>();

    public DbSet<DeliveryEntity> Deliveries => Set<DeliveryEntity>();

    public DbSet<DeliveryTryEntity> DeliveryTries => Set<DeliveryTryEntity>();

    public DbSet<SettingsEntity> Settings => Set<SettingsEntity>();

    public DbSet<LocalUserEntity> LocalUsers => Set<LocalUserEntity>();

    public DbSet<AdministrativeRoleEntity> AdministrativeRoles => Set<AdministrativeRoleEntity>();

    public DbSet<TokenEntity> Tokens => Set<TokenEntity>();

    public DbSet<AuditEntity> AuditLog => Set<AuditEntity>();

    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    protected override void ConfigureConventions(ModelConfigurationBuilder conventions)
    {
        // SQLite has no type for times: UTC ticks sort and compare as the times do.
        if (Database.IsSqlite())
        {
            conventions.Properties<DateTimeOffset>().HaveConversion<UtcTicksConverter>();
        }
    }

    protected override void OnModelCreating(ModelBuilder model)
    {
        model.Entity<ApplianceEntity>(appliance =>
        {
            appliance.ToTable("appliances");
            appliance.Property(a => a.Name).HasMaxLength(128).UseCollation("NOCASE");
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

            // The queue: as long as what waits, not as the history.
            backup.HasIndex(b => b.Created, "waiting_backups").HasFilter("\"State\" = 0 AND \"Admitted\" IS NULL");
            backup.Ignore(b => b.Waits);
        });

        model.Entity<PartEntity>(part =>
        {
            part.ToTable("parts");
            part.HasKey(p => new { p.BackupId, p.Attempt, p.Number });
            part.HasOne<BackupEntity>().WithMany().HasForeignKey(p => p.BackupId).OnDelete(DeleteBehavior.Cascade);
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

        model.Entity<SettingsEntity>(settings =>
        {
            settings.ToTable("settings");
            settings.Property(s => s.Id).ValueGeneratedNever();
        });

        model.Entity<LocalUserEntity>(user =>
        {
            user.ToTable("local_users");
            user.Property(u => u.Name).HasMaxLength(128).UseCollation("NOCASE");
            user.HasIndex(u => u.Name).IsUnique();
        });

        model.Entity<AdministrativeRoleEntity>(role =>
        {
            role.ToTable("administrative_roles");
            role.Property(r => r.Name).HasMaxLength(128).UseCollation("NOCASE");
            role.HasIndex(r => r.Name).IsUnique();
            AsJson(role.Property(r => r.Privileges));
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

    private static void AsJson(PropertyBuilder<List<Privilege>> property) => property.HasConversion(
        privileges => JsonSerializer.Serialize(privileges, AdminJson.Default.ListPrivilege),
        json => JsonSerializer.Deserialize(json, AdminJson.Default.ListPrivilege)!,
        new ValueComparer<List<Privilege>>(
            // Scopes hold lists, which compare by reference: what is stored is what counts.
            (a, b) => JsonSerializer.Serialize(a, AdminJson.Default.ListPrivilege) == JsonSerializer.Serialize(b, AdminJson.Default.ListPrivilege),
            privileges => privileges.Count,
            privileges => privileges.ToList()));

    private sealed class UtcTicksConverter() : ValueConverter<DateTimeOffset, long>(
        time => time.UtcTicks,
        ticks => new DateTimeOffset(ticks, TimeSpan.Zero));
}
