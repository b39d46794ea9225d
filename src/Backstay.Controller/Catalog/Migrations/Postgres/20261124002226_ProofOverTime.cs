using System;
using System.Collections.Generic;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Backstay.Controller.Catalog.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class ProofOverTime : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<Guid>(
                name: "EventId",
                table: "deliveries",
                type: "uuid",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "ContentVerified",
                table: "backups",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "DamageFoundBy",
                table: "backups",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "Drilled",
                table: "backups",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Keys",
                table: "backups",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "DamageRunAsked",
                table: "appliances",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "Enrolled",
                table: "appliances",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "backup_keys",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Kind = table.Column<int>(type: "integer", nullable: false),
                    Name = table.Column<string>(type: "text", nullable: false),
                    Created = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ProtectedPassphrase = table.Column<byte[]>(type: "bytea", nullable: true),
                    Fingerprint = table.Column<string>(type: "text", nullable: true),
                    SubkeyId = table.Column<string>(type: "text", nullable: true),
                    PublicKey = table.Column<byte[]>(type: "bytea", nullable: true),
                    UserIds = table.Column<List<string>>(type: "text[]", nullable: false),
                    Expires = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Confirmed = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ConfirmedBy = table.Column<string>(type: "text", nullable: true),
                    Retired = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Told = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_backup_keys", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "backup_objectives",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false, collation: "backstay_names"),
                    Notes = table.Column<string>(type: "text", nullable: true),
                    Appliances = table.Column<string>(type: "text", nullable: false),
                    GoodWithinHours = table.Column<int>(type: "integer", nullable: true),
                    ProvenWithinHours = table.Column<int>(type: "integer", nullable: true),
                    Created = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Updated = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_backup_objectives", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "drill_machines",
                columns: table => new
                {
                    ApplianceId = table.Column<Guid>(type: "uuid", nullable: false),
                    CredentialHash = table.Column<byte[]>(type: "bytea", nullable: false),
                    Appliances = table.Column<string>(type: "text", nullable: false),
                    EveryDays = table.Column<int>(type: "integer", nullable: true),
                    MadeBy = table.Column<string>(type: "text", nullable: false),
                    Created = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Updated = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    NextLook = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_drill_machines", x => x.ApplianceId);
                    table.ForeignKey(
                        name: "FK_drill_machines_appliances_ApplianceId",
                        column: x => x.ApplianceId,
                        principalTable: "appliances",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "drills",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    BackupId = table.Column<Guid>(type: "uuid", nullable: false),
                    BackupCreated = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ApplianceId = table.Column<Guid>(type: "uuid", nullable: false),
                    State = table.Column<int>(type: "integer", nullable: false),
                    RequestedBy = table.Column<string>(type: "text", nullable: false),
                    Created = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Started = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Ended = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    NextTry = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Attempt = table.Column<int>(type: "integer", nullable: false),
                    MachineId = table.Column<Guid>(type: "uuid", nullable: true),
                    LeaseUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Message = table.Column<string>(type: "text", nullable: true),
                    Files = table.Column<long>(type: "bigint", nullable: true),
                    Bytes = table.Column<long>(type: "bigint", nullable: true),
                    Checks = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_drills", x => x.Id);
                    table.ForeignKey(
                        name: "FK_drills_appliances_ApplianceId",
                        column: x => x.ApplianceId,
                        principalTable: "appliances",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "event_endpoints",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false, collation: "backstay_names"),
                    Url = table.Column<string>(type: "text", nullable: false),
                    Kinds = table.Column<int[]>(type: "integer[]", nullable: false),
                    Paused = table.Column<bool>(type: "boolean", nullable: false),
                    Notes = table.Column<string>(type: "text", nullable: true),
                    Created = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Updated = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_event_endpoints", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "events",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Kind = table.Column<int>(type: "integer", nullable: false),
                    ApplianceId = table.Column<Guid>(type: "uuid", nullable: true),
                    BackupId = table.Column<Guid>(type: "uuid", nullable: true),
                    Message = table.Column<string>(type: "text", nullable: false),
                    Dispatched = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_events", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "overdue_appliances",
                columns: table => new
                {
                    ApplianceId = table.Column<Guid>(type: "uuid", nullable: false),
                    Since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    NextTelling = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_overdue_appliances", x => x.ApplianceId);
                    table.ForeignKey(
                        name: "FK_overdue_appliances_appliances_ApplianceId",
                        column: x => x.ApplianceId,
                        principalTable: "appliances",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "verifications",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    BackupId = table.Column<Guid>(type: "uuid", nullable: false),
                    ApplianceId = table.Column<Guid>(type: "uuid", nullable: false),
                    Strength = table.Column<int>(type: "integer", nullable: false),
                    State = table.Column<int>(type: "integer", nullable: false),
                    Planned = table.Column<bool>(type: "boolean", nullable: false),
                    RequestedBy = table.Column<string>(type: "text", nullable: false),
                    Requested = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Started = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Ended = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    Bytes = table.Column<long>(type: "bigint", nullable: false),
                    Files = table.Column<long>(type: "bigint", nullable: true),
                    By = table.Column<string>(type: "text", nullable: true),
                    Message = table.Column<string>(type: "text", nullable: true),
                    ClaimUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_verifications", x => x.Id);
                    table.ForeignKey(
                        name: "FK_verifications_backups_BackupId",
                        column: x => x.BackupId,
                        principalTable: "backups",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "watch_state",
                columns: table => new
                {
                    Id = table.Column<int>(type: "integer", nullable: false),
                    NextRound = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    LastRound = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    StoreNextTelling = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    NextSignal = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_watch_state", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "never_verified",
                table: "backups",
                column: "Ended",
                filter: "\"Verification\" = 0");

            migrationBuilder.CreateIndex(
                name: "to_verify",
                table: "backups",
                column: "Verified",
                filter: "\"State\" = 2");

            migrationBuilder.CreateIndex(
                name: "to_verify_content",
                table: "backups",
                column: "ContentVerified",
                filter: "\"State\" = 2");

            migrationBuilder.CreateIndex(
                name: "IX_backup_keys_Fingerprint",
                table: "backup_keys",
                column: "Fingerprint",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_backup_objectives_Name",
                table: "backup_objectives",
                column: "Name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_drills_ApplianceId_State_Ended",
                table: "drills",
                columns: new[] { "ApplianceId", "State", "Ended" });

            migrationBuilder.CreateIndex(
                name: "IX_drills_Created",
                table: "drills",
                column: "Created");

            migrationBuilder.CreateIndex(
                name: "one_unfinished_drill_a_backup",
                table: "drills",
                column: "BackupId",
                unique: true,
                filter: "\"State\" < 2");

            migrationBuilder.CreateIndex(
                name: "unfinished_drills",
                table: "drills",
                column: "NextTry",
                filter: "\"State\" < 2");

            migrationBuilder.CreateIndex(
                name: "IX_event_endpoints_Name",
                table: "event_endpoints",
                column: "Name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_events_Time",
                table: "events",
                column: "Time");

            migrationBuilder.CreateIndex(
                name: "events_to_dispatch",
                table: "events",
                column: "Id",
                filter: "\"Dispatched\" IS NULL");

            migrationBuilder.CreateIndex(
                name: "IX_verifications_BackupId_Ended",
                table: "verifications",
                columns: new[] { "BackupId", "Ended" });

            migrationBuilder.CreateIndex(
                name: "IX_verifications_Ended",
                table: "verifications",
                column: "Ended");

            migrationBuilder.CreateIndex(
                name: "one_unfinished_verification",
                table: "verifications",
                columns: new[] { "BackupId", "Strength" },
                unique: true,
                filter: "\"State\" < 2");

            migrationBuilder.CreateIndex(
                name: "unfinished_verifications",
                table: "verifications",
                column: "Requested",
                filter: "\"State\" < 2");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "backup_keys");

            migrationBuilder.DropTable(
                name: "backup_objectives");

            migrationBuilder.DropTable(
                name: "drill_machines");

            migrationBuilder.DropTable(
                name: "drills");

            migrationBuilder.DropTable(
                name: "event_endpoints");

            migrationBuilder.DropTable(
                name: "events");

            migrationBuilder.DropTable(
                name: "overdue_appliances");

            migrationBuilder.DropTable(
                name: "verifications");

            migrationBuilder.DropTable(
                name: "watch_state");

            migrationBuilder.DropIndex(
                name: "never_verified",
                table: "backups");

            migrationBuilder.DropIndex(
                name: "to_verify",
                table: "backups");

            migrationBuilder.DropIndex(
                name: "to_verify_content",
                table: "backups");

            migrationBuilder.DropColumn(
                name: "EventId",
                table: "deliveries");

            migrationBuilder.DropColumn(
                name: "ContentVerified",
                table: "backups");

            migrationBuilder.DropColumn(
                name: "DamageFoundBy",
                table: "backups");

            migrationBuilder.DropColumn(
                name: "Drilled",
                table: "backups");

            migrationBuilder.DropColumn(
                name: "Keys",
                table: "backups");

            migrationBuilder.DropColumn(
                name: "DamageRunAsked",
                table: "appliances");

            migrationBuilder.DropColumn(
                name: "Enrolled",
                table: "appliances");
        }
    }
}
