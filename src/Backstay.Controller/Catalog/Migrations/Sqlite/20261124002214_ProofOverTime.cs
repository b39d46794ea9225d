using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Backstay.Controller.Catalog.Migrations.Sqlite
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
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "ContentVerified",
                table: "backups",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "DamageFoundBy",
                table: "backups",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "Drilled",
                table: "backups",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Keys",
                table: "backups",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "DamageRunAsked",
                table: "appliances",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "Enrolled",
                table: "appliances",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "backup_keys",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    Kind = table.Column<int>(type: "INTEGER", nullable: false),
                    Name = table.Column<string>(type: "TEXT", nullable: false),
                    Created = table.Column<long>(type: "INTEGER", nullable: false),
                    ProtectedPassphrase = table.Column<byte[]>(type: "BLOB", nullable: true),
                    Fingerprint = table.Column<string>(type: "TEXT", nullable: true),
                    SubkeyId = table.Column<string>(type: "TEXT", nullable: true),
                    PublicKey = table.Column<byte[]>(type: "BLOB", nullable: true),
                    UserIds = table.Column<string>(type: "TEXT", nullable: false),
                    Expires = table.Column<long>(type: "INTEGER", nullable: true),
                    Confirmed = table.Column<long>(type: "INTEGER", nullable: true),
                    ConfirmedBy = table.Column<string>(type: "TEXT", nullable: true),
                    Retired = table.Column<long>(type: "INTEGER", nullable: true),
                    Told = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_backup_keys", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "backup_objectives",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 128, nullable: false, collation: "NOCASE"),
                    Notes = table.Column<string>(type: "TEXT", nullable: true),
                    Appliances = table.Column<string>(type: "TEXT", nullable: false),
                    GoodWithinHours = table.Column<int>(type: "INTEGER", nullable: true),
                    ProvenWithinHours = table.Column<int>(type: "INTEGER", nullable: true),
                    Created = table.Column<long>(type: "INTEGER", nullable: false),
                    Updated = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_backup_objectives", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "drill_machines",
                columns: table => new
                {
                    ApplianceId = table.Column<Guid>(type: "TEXT", nullable: false),
                    CredentialHash = table.Column<byte[]>(type: "BLOB", nullable: false),
                    Appliances = table.Column<string>(type: "TEXT", nullable: false),
                    EveryDays = table.Column<int>(type: "INTEGER", nullable: true),
                    MadeBy = table.Column<string>(type: "TEXT", nullable: false),
                    Created = table.Column<long>(type: "INTEGER", nullable: false),
                    Updated = table.Column<long>(type: "INTEGER", nullable: false),
                    NextLook = table.Column<long>(type: "INTEGER", nullable: false)
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
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    BackupId = table.Column<Guid>(type: "TEXT", nullable: false),
                    BackupCreated = table.Column<long>(type: "INTEGER", nullable: false),
                    ApplianceId = table.Column<Guid>(type: "TEXT", nullable: false),
                    State = table.Column<int>(type: "INTEGER", nullable: false),
                    RequestedBy = table.Column<string>(type: "TEXT", nullable: false),
                    Created = table.Column<long>(type: "INTEGER", nullable: false),
                    Started = table.Column<long>(type: "INTEGER", nullable: true),
                    Ended = table.Column<long>(type: "INTEGER", nullable: true),
                    NextTry = table.Column<long>(type: "INTEGER", nullable: false),
                    Attempt = table.Column<int>(type: "INTEGER", nullable: false),
                    MachineId = table.Column<Guid>(type: "TEXT", nullable: true),
                    LeaseUntil = table.Column<long>(type: "INTEGER", nullable: true),
                    Message = table.Column<string>(type: "TEXT", nullable: true),
                    Files = table.Column<long>(type: "INTEGER", nullable: true),
                    Bytes = table.Column<long>(type: "INTEGER", nullable: true),
                    Checks = table.Column<string>(type: "TEXT", nullable: false)
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
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 128, nullable: false, collation: "NOCASE"),
                    Url = table.Column<string>(type: "TEXT", nullable: false),
                    Kinds = table.Column<string>(type: "TEXT", nullable: false),
                    Paused = table.Column<bool>(type: "INTEGER", nullable: false),
                    Notes = table.Column<string>(type: "TEXT", nullable: true),
                    Created = table.Column<long>(type: "INTEGER", nullable: false),
                    Updated = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_event_endpoints", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "events",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    Time = table.Column<long>(type: "INTEGER", nullable: false),
                    Kind = table.Column<int>(type: "INTEGER", nullable: false),
                    ApplianceId = table.Column<Guid>(type: "TEXT", nullable: true),
                    BackupId = table.Column<Guid>(type: "TEXT", nullable: true),
                    Message = table.Column<string>(type: "TEXT", nullable: false),
                    Dispatched = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_events", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "overdue_appliances",
                columns: table => new
                {
                    ApplianceId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Since = table.Column<long>(type: "INTEGER", nullable: false),
                    NextTelling = table.Column<long>(type: "INTEGER", nullable: false)
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
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    BackupId = table.Column<Guid>(type: "TEXT", nullable: false),
                    ApplianceId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Strength = table.Column<int>(type: "INTEGER", nullable: false),
                    State = table.Column<int>(type: "INTEGER", nullable: false),
                    Planned = table.Column<bool>(type: "INTEGER", nullable: false),
                    RequestedBy = table.Column<string>(type: "TEXT", nullable: false),
                    Requested = table.Column<long>(type: "INTEGER", nullable: false),
                    Started = table.Column<long>(type: "INTEGER", nullable: true),
                    Ended = table.Column<long>(type: "INTEGER", nullable: true),
                    Bytes = table.Column<long>(type: "INTEGER", nullable: false),
                    Files = table.Column<long>(type: "INTEGER", nullable: true),
                    By = table.Column<string>(type: "TEXT", nullable: true),
                    Message = table.Column<string>(type: "TEXT", nullable: true),
                    ClaimUntil = table.Column<long>(type: "INTEGER", nullable: true)
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
                    Id = table.Column<int>(type: "INTEGER", nullable: false),
                    NextRound = table.Column<long>(type: "INTEGER", nullable: true),
                    LastRound = table.Column<long>(type: "INTEGER", nullable: true),
                    StoreNextTelling = table.Column<long>(type: "INTEGER", nullable: true),
                    NextSignal = table.Column<long>(type: "INTEGER", nullable: true)
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
