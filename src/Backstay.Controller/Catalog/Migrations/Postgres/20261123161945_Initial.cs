using System;
using System.Collections.Generic;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Backstay.Controller.Catalog.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AlterDatabase()
                .Annotation("Npgsql:CollationDefinition:backstay_names", "und-u-ks-level2,und-u-ks-level2,icu,False");

            migrationBuilder.CreateTable(
                name: "administrative_roles",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false, collation: "backstay_names"),
                    Notes = table.Column<string>(type: "text", nullable: true),
                    Tags = table.Column<List<string>>(type: "text[]", nullable: false),
                    Privileges = table.Column<string>(type: "text", nullable: false),
                    Created = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Updated = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_administrative_roles", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "appliances",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false, collation: "backstay_names"),
                    Hostname = table.Column<string>(type: "text", nullable: true),
                    Site = table.Column<Guid>(type: "uuid", nullable: true),
                    SiteName = table.Column<string>(type: "text", nullable: true),
                    Notes = table.Column<string>(type: "text", nullable: true),
                    Tags = table.Column<List<string>>(type: "text[]", nullable: false),
                    Functions = table.Column<int>(type: "integer", nullable: false),
                    Created = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Updated = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    CredentialHash = table.Column<byte[]>(type: "bytea", nullable: true),
                    SeedTokenHash = table.Column<byte[]>(type: "bytea", nullable: true),
                    SeedExpires = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    OnlineUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    AgentInstance = table.Column<Guid>(type: "uuid", nullable: true),
                    LastSeen = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    AgentVersion = table.Column<string>(type: "text", nullable: true),
                    Cpu = table.Column<double>(type: "double precision", nullable: true),
                    Memory = table.Column<double>(type: "double precision", nullable: true),
                    DiskTotal = table.Column<long>(type: "bigint", nullable: true),
                    DiskFree = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_appliances", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "audit_log",
                columns: table => new
                {
                    Sequence = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    Time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Actor = table.Column<string>(type: "text", nullable: false),
                    Action = table.Column<string>(type: "text", nullable: false),
                    Target = table.Column<string>(type: "text", nullable: true),
                    Detail = table.Column<string>(type: "text", nullable: true),
                    RemoteAddress = table.Column<string>(type: "text", nullable: true),
                    Outcome = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_audit_log", x => x.Sequence);
                });

            migrationBuilder.CreateTable(
                name: "data_protection_keys",
                columns: table => new
                {
                    Id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    FriendlyName = table.Column<string>(type: "text", nullable: true),
                    Xml = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_data_protection_keys", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "deliveries",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    BackupId = table.Column<Guid>(type: "uuid", nullable: false),
                    ApplianceId = table.Column<Guid>(type: "uuid", nullable: false),
                    Url = table.Column<string>(type: "text", nullable: false),
                    Host = table.Column<string>(type: "text", nullable: false),
                    Body = table.Column<string>(type: "text", nullable: false),
                    State = table.Column<int>(type: "integer", nullable: false),
                    Created = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    NextTry = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Claim = table.Column<Guid>(type: "uuid", nullable: true),
                    GiveUp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Delivered = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Attempts = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_deliveries", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "local_users",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false, collation: "backstay_names"),
                    FirstName = table.Column<string>(type: "text", nullable: true),
                    LastName = table.Column<string>(type: "text", nullable: true),
                    Email = table.Column<string>(type: "text", nullable: true),
                    PasswordHash = table.Column<string>(type: "text", nullable: false),
                    Roles = table.Column<List<Guid>>(type: "uuid[]", nullable: false),
                    Disabled = table.Column<bool>(type: "boolean", nullable: false),
                    Notes = table.Column<string>(type: "text", nullable: true),
                    Tags = table.Column<List<string>>(type: "text[]", nullable: false),
                    Created = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Updated = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_local_users", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "settings",
                columns: table => new
                {
                    Id = table.Column<int>(type: "integer", nullable: false),
                    BackupApiEnabled = table.Column<bool>(type: "boolean", nullable: false),
                    ProtectedBackupPassphrase = table.Column<byte[]>(type: "bytea", nullable: true),
                    AdministrationTokenExpiration = table.Column<int>(type: "integer", nullable: false),
                    LoginBannerMessage = table.Column<string>(type: "text", nullable: false),
                    MessageOfTheDay = table.Column<string>(type: "text", nullable: false),
                    CollectiveName = table.Column<string>(type: "text", nullable: false),
                    CollectiveId = table.Column<Guid>(type: "uuid", nullable: false),
                    ClaimsTokenExpiration = table.Column<double>(type: "double precision", nullable: false),
                    EntitlementTokenExpiration = table.Column<double>(type: "double precision", nullable: false),
                    VpnCertificateExpiration = table.Column<double>(type: "double precision", nullable: false),
                    AuditLogPersistenceMode = table.Column<string>(type: "text", nullable: false),
                    ProtectedWebhookSecret = table.Column<byte[]>(type: "bytea", nullable: true),
                    ProtectedPreviousWebhookSecret = table.Column<byte[]>(type: "bytea", nullable: true),
                    PreviousWebhookSecretUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_settings", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "backups",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    ApplianceId = table.Column<Guid>(type: "uuid", nullable: false),
                    State = table.Column<int>(type: "integer", nullable: false),
                    Logs = table.Column<bool>(type: "boolean", nullable: false),
                    Audit = table.Column<bool>(type: "boolean", nullable: false),
                    NotifyUrl = table.Column<string>(type: "text", nullable: true),
                    RequestedBy = table.Column<string>(type: "text", nullable: false),
                    Created = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Started = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Ended = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    LeaseUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Deadline = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Attempt = table.Column<int>(type: "integer", nullable: false),
                    AgentInstance = table.Column<Guid>(type: "uuid", nullable: true),
                    AgentVersion = table.Column<string>(type: "text", nullable: true),
                    Phase = table.Column<int>(type: "integer", nullable: false),
                    Files = table.Column<long>(type: "bigint", nullable: false),
                    FilesTotal = table.Column<long>(type: "bigint", nullable: true),
                    Bytes = table.Column<long>(type: "bigint", nullable: false),
                    BytesTotal = table.Column<long>(type: "bigint", nullable: true),
                    Message = table.Column<string>(type: "text", nullable: true),
                    Reason = table.Column<int>(type: "integer", nullable: true),
                    Output = table.Column<string>(type: "text", nullable: true),
                    ProtectedSessionKey = table.Column<byte[]>(type: "bytea", nullable: true),
                    Envelope = table.Column<byte[]>(type: "bytea", nullable: false),
                    Parts = table.Column<int>(type: "integer", nullable: true),
                    Size = table.Column<long>(type: "bigint", nullable: true),
                    Sha256 = table.Column<byte[]>(type: "bytea", nullable: true),
                    Summary = table.Column<string>(type: "text", nullable: true),
                    ArchiveFiles = table.Column<long>(type: "bigint", nullable: true),
                    Warnings = table.Column<long>(type: "bigint", nullable: true),
                    Verification = table.Column<int>(type: "integer", nullable: true),
                    Verified = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    VerificationClaim = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Deleted = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_backups", x => x.Id);
                    table.ForeignKey(
                        name: "FK_backups_appliances_ApplianceId",
                        column: x => x.ApplianceId,
                        principalTable: "appliances",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "delivery_tries",
                columns: table => new
                {
                    Id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    DeliveryId = table.Column<Guid>(type: "uuid", nullable: false),
                    Time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    StatusCode = table.Column<int>(type: "integer", nullable: true),
                    Error = table.Column<string>(type: "text", nullable: true),
                    Milliseconds = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_delivery_tries", x => x.Id);
                    table.ForeignKey(
                        name: "FK_delivery_tries_deliveries_DeliveryId",
                        column: x => x.DeliveryId,
                        principalTable: "deliveries",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "tokens",
                columns: table => new
                {
                    Hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    UserId = table.Column<Guid>(type: "uuid", nullable: false),
                    SignIn = table.Column<Guid>(type: "uuid", nullable: false),
                    Full = table.Column<bool>(type: "boolean", nullable: false),
                    Created = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Expires = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_tokens", x => x.Hash);
                    table.ForeignKey(
                        name: "FK_tokens_local_users_UserId",
                        column: x => x.UserId,
                        principalTable: "local_users",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "parts",
                columns: table => new
                {
                    BackupId = table.Column<Guid>(type: "uuid", nullable: false),
                    Attempt = table.Column<int>(type: "integer", nullable: false),
                    Number = table.Column<int>(type: "integer", nullable: false),
                    Length = table.Column<long>(type: "bigint", nullable: false),
                    Sha256 = table.Column<byte[]>(type: "bytea", nullable: false),
                    StoreTag = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_parts", x => new { x.BackupId, x.Attempt, x.Number });
                    table.ForeignKey(
                        name: "FK_parts_backups_BackupId",
                        column: x => x.BackupId,
                        principalTable: "backups",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_administrative_roles_Name",
                table: "administrative_roles",
                column: "Name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_appliances_CredentialHash",
                table: "appliances",
                column: "CredentialHash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_appliances_Name",
                table: "appliances",
                column: "Name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_backups_ApplianceId_Created",
                table: "backups",
                columns: new[] { "ApplianceId", "Created" });

            migrationBuilder.CreateIndex(
                name: "IX_backups_State_LeaseUntil",
                table: "backups",
                columns: new[] { "State", "LeaseUntil" });

            migrationBuilder.CreateIndex(
                name: "one_unfinished_backup_an_appliance",
                table: "backups",
                column: "ApplianceId",
                unique: true,
                filter: "\"State\" < 2");

            migrationBuilder.CreateIndex(
                name: "IX_deliveries_BackupId",
                table: "deliveries",
                column: "BackupId");

            migrationBuilder.CreateIndex(
                name: "IX_deliveries_Created",
                table: "deliveries",
                column: "Created");

            migrationBuilder.CreateIndex(
                name: "IX_deliveries_State_NextTry",
                table: "deliveries",
                columns: new[] { "State", "NextTry" });

            migrationBuilder.CreateIndex(
                name: "IX_delivery_tries_DeliveryId",
                table: "delivery_tries",
                column: "DeliveryId");

            migrationBuilder.CreateIndex(
                name: "IX_local_users_Name",
                table: "local_users",
                column: "Name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_tokens_SignIn",
                table: "tokens",
                column: "SignIn");

            migrationBuilder.CreateIndex(
                name: "IX_tokens_UserId",
                table: "tokens",
                column: "UserId");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "administrative_roles");

            migrationBuilder.DropTable(
                name: "audit_log");

            migrationBuilder.DropTable(
                name: "data_protection_keys");

            migrationBuilder.DropTable(
                name: "delivery_tries");

            migrationBuilder.DropTable(
                name: "parts");

            migrationBuilder.DropTable(
                name: "settings");

            migrationBuilder.DropTable(
                name: "tokens");

            migrationBuilder.DropTable(
                name: "deliveries");

            migrationBuilder.DropTable(
                name: "backups");

            migrationBuilder.DropTable(
                name: "local_users");

            migrationBuilder.DropTable(
                name: "appliances");
        }
    }
}
